#!/usr/bin/env bash
# The eight checks of auto_com_center with bash, curl and jq, written the way such scripts are: one curl a request.
# `make bench` measures `warroom verify` against it. It takes the same inputs from the environment, prints a line per
# check and the verdict, writes the evidence log to $EVIDENCE_DIR, and exits 0 (GREEN) or 1 (RED).
# It does less than `verify`: it cannot verify a token's signature, and it keeps no requests and answers.
set -uo pipefail
app=${AUTO_COM_CENTER_URL:?} state_path=${STATE_PATH:-/ops/state} events_path=${EVENTS_PATH:-/events}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
evidence="${EVIDENCE_DIR:-$work}/auto_com_center_evidence_$(date -u +%Y%m%dT%H%M%SZ).log"
red=0

fetch() { curl --silent --show-error --max-time 10 --write-out '%{http_code}' "$@"; }

# judge TITLE PROBLEMS DETAIL: GREEN when there are no problems.
judge() {
    local line="GREEN $1: $3"
    if [[ -n $2 ]]; then
        line="RED $1: ${2//$'\n'/; }"
        red=1
    fi
    printf '%s\n' "$line" | tee -a "$evidence"
}

check_canary() {
    local status problems
    status=$(fetch --dump-header "$work/headers" --output "$work/canary" "$app/canary")
    problems=$(jq --raw-output '
        ["app", "version", "status", "p95_ms", "security_headers", "security_headers.present",
         "security_headers.missing", "dependencies_ok"] as $want
        | [keys[], (.security_headers | keys[] | "security_headers." + .)] as $have
        | ($want - $have | map("missing " + .)[]), ($have - $want | map("not expected: " + .)[]),
          (if .version == "v2.7" then empty else "version is \(.version)" end),
          (if .dependencies_ok == true then empty else "dependencies_ok is \(.dependencies_ok)" end),
          (if .app == "auto_com_center" then empty else "app is \(.app)" end),
          (if .status == "ok" then empty else "status is \(.status)" end)' "$work/canary" 2>&1)
    [[ $status == 200 ]] || problems="status $status"
    judge "Canary v2.7" "$problems" "8 fields present"
}

check_headers() {
    local -A found=()
    local name value problems="" count=0
    while IFS=: read -r name value; do
        value=${value%$'\r'}
        found[${name,,}]=${value# }
    done <"$work/headers"
    for name in strict-transport-security content-security-policy x-frame-options x-content-type-options \
        referrer-policy permissions-policy; do
        value=${found[$name]:-}
        case $name=${value,,} in
            *=) problems+="$name is missing"$'\n' ;;
            strict-transport-security=*max-age=0 | strict-transport-security=*max-age=0[\;,\ ]*) problems+="$name: $value"$'\n' ;;
            x-frame-options=deny | x-frame-options=sameorigin | x-content-type-options=nosniff) count=$((count + 1)) ;;
            x-*) problems+="$name: $value"$'\n' ;;
            *) count=$((count + 1)) ;;
        esac
    done
    jq --exit-status '(.security_headers.present | length) == 6 and .security_headers.missing == []' \
        "$work/canary" >/dev/null 2>&1 || problems+="the canary's own list differs"$'\n'
    judge "Security headers" "${problems%$'\n'}" "security_headers: $count/6 present"
}

check_p95() {
    local p95 problems=""
    for _ in {1..30}; do
        curl --silent --output /dev/null --max-time 5 --write-out '%{http_code} %{time_total}\n' "$app/canary"
    done >"$work/samples"
    # Nearest rank: the 29th of 30; what did not answer 200 counts as over the limit.
    p95=$(awk '{ print ($1 == 200 ? $2 * 1000 : 99999) }' "$work/samples" | sort --general-numeric-sort | sed -n 29p)
    awk -v p95="$p95" 'BEGIN { exit !(p95 <= 120) }' || problems="P95 is ${p95}ms"
    judge "P95 latency" "$problems" "P95: ${p95}ms (<=120ms target)"
}

check_jwks() {
    local status problems
    status=$(fetch --output "$work/jwks" "$SCHOLAR_AUTH_JWKS_URL")
    problems=$(jq --raw-output '
        (if (.keys | length) > 0 then empty else "no keys" end),
        (if ([.keys[].kid] | length) == ([.keys[].kid] | unique | length) then empty else "a kid is there twice" end),
        (.keys[] | select(.kty == "oct" or has("d")) | "a private or symmetric key is in the set"),
        (.keys[] | select(.kty == "RSA" and (.n | length) < 342) | "an RSA key below 2048 bits"),
        (.keys[] | select(.use != null and .use != "sig") | "use is \(.use)")' "$work/jwks" 2>&1)
    [[ $status == 200 ]] || problems="status $status"
    judge "Auth/JWKS reachability" "$problems" "$(jq --raw-output '.keys | length' "$work/jwks" 2>/dev/null) keys"
}

check_token() {
    local status problems
    # The secret goes in by standard input: arguments can be seen by every user of the machine.
    status=$(printf %s "$M2M_CLIENT_SECRET" | fetch --output "$work/token" --data grant_type=client_credentials \
        --data-urlencode "client_id=$M2M_CLIENT_ID" --data-urlencode client_secret@- "$M2M_TOKEN_URL")
    token=$(jq --raw-output '.access_token // empty' "$work/token" 2>/dev/null)
    problems=$(jq --raw-output --slurpfile jwks "$work/jwks" --arg iss "${M2M_ISSUER:-}" --arg aud "${M2M_AUDIENCE:-}" '
        def part(n): split(".")[n] | gsub("-"; "+") | gsub("_"; "/") | . + "=" * ((4 - length % 4) % 4) | @base64d | fromjson;
        (.access_token | part(0)) as $head | (.access_token | part(1)) as $claims
        | (if $head.alg == "RS256" then empty else "alg is \($head.alg)" end),
          (if any($jwks[0].keys[]; .kid == $head.kid) then empty else "no key \($head.kid)" end),
          (if $iss == "" or $claims.iss == $iss then empty else "iss is \($claims.iss)" end),
          (if $aud == "" or ([$claims.aud] | flatten | index($aud)) != null then empty else "aud is \($claims.aud)" end),
          (if ($claims.exp // 0) > now then empty else "the token has expired" end)' "$work/token" 2>&1)
    [[ $status == 200 ]] || problems="status $status"
    judge "M2M token flow" "$problems" "token acquired"
}

check_kill_switch() {
    local status problems
    status=$(fetch --output "$work/state" "$app$state_path")
    problems=$(jq --raw-output '
        ({"DISABLE_SEND": "true", "PROMO_SENDS": "false", "RETRIES_ENABLED": "true", "RATE_LIMIT_ENABLED": "true"}
            | to_entries[]) as $want
        | if .levers[$want.key] == $want.value then empty else "\($want.key) is \(.levers[$want.key])" end' "$work/state" 2>&1)
    problems+=${problems:+$'\n'}$(jq --raw-output '
        (if .mode == "dry-run" then empty else "mode is \(.mode)" end),
        (if .external_sends == 0 then empty else "external sends: \(.external_sends)" end)' "$work/state" 2>&1)
    [[ $status == 200 ]] || problems="status $status"
    sends_disabled=$([[ -z $problems ]] && echo yes)
    judge "Kill-switch" "$problems" "DISABLE_SEND=true, dry-run mode ENABLED"
}

check_events() {
    local type id status problems=""
    if [[ -z $sends_disabled ]]; then
        judge "Event ingestion" "not exercised: the kill switch is not on" ""
        return
    fi
    for type in deadline_approaching new_match_found; do
        read -r id </proc/sys/kernel/random/uuid
        status=$(printf 'header = "Authorization: Bearer %s"\n' "$token" |
            fetch --config - --output "$work/event" --header "Content-Type: application/json" \
                --header "Idempotency-Key: $id" \
                --data "{\"type\": \"$type\", \"id\": \"$id\", \"synthetic\": true, \"payload\": {}}" "$app$events_path")
        [[ $status == 202 ]] || problems+="$type: status $status: "
        problems+=$(jq --raw-output --arg id "$id" '
            if .accepted and .rendered and .dispatched == false and .id == $id then empty else "\(.error // "not accepted as expected")\n" end' \
            "$work/event" 2>&1)
    done
    status=$(fetch --output "$work/after" "$app$state_path")
    [[ $status == 200 ]] || problems+="status $status"$'\n'
    problems+=$(jq --raw-output '
        (if .queue.status == "stable" then empty else "queue is \(.queue.status)" end),
        (if .queue.operational == true then empty else "the queue is not operational" end),
        (if .templates.mode == "dry-run" then empty else "templates: \(.templates.mode)" end),
        (if .external_sends == 0 then empty else "external sends: \(.external_sends)" end)' "$work/after" 2>&1)
    judge "Event ingestion" "$problems" "2 synthetic events posted, queue stable"
}

check_providers() {
    local status problems
    status=$(fetch --output "$work/providers" "$app$state_path")
    problems=$(jq --raw-output '.providers
        | (if .email.health == "passing" then empty else "email is \(.email.health)" end),
          (if .sms.health == "passing" then empty else "sms is \(.sms.health)" end),
          (if .credentials == "verified" then empty else "credentials \(.credentials)" end),
          (if .throttling == "active" then empty else "throttling \(.throttling)" end)' "$work/providers" 2>&1)
    [[ $status == 200 ]] || problems="status $status"
    judge "Delivery providers" "$problems" "email, SMS, credentials, throttling"
}

check_canary
check_headers
check_p95
check_jwks
check_token
check_kill_switch
check_events
check_providers
if ((red)); then echo "auto_com_center RED"; else echo "auto_com_center GREEN"; fi | tee -a "$evidence"
exit "$red"
