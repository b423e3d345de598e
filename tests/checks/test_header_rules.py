import time

import pytest

from warroom.checks.header_rules import RULES, weakness

HSTS, CSP, XFO = "strict-transport-security", "content-security-policy", "x-frame-options"
XCTO, REFERRER, PERMISSIONS = "x-content-type-options", "referrer-policy", "permissions-policy"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (HSTS, "max-age=31536000"),
        (HSTS, 'Max-Age="31536000"; includeSubDomains; preload'),
        (HSTS, "includeSubDomains; max-age = 1"),
        (CSP, "default-src 'self'"),
        (CSP, ";; default-src 'none';"),
        (XFO, "DENY"),
        (XFO, "SameOrigin"),
        (XCTO, "nosniff"),
        (XCTO, "NoSniff"),
        (REFERRER, "no-referrer"),
        (REFERRER, "no-referrer, strict-origin-when-cross-origin"),
        (PERMISSIONS, "geolocation=()"),
        (PERMISSIONS, 'geolocation=(), camera=(self "https://a.example"), microphone=*'),
        (PERMISSIONS, "fullscreen=self, ch-ua=(self);report-to=group"),
        (PERMISSIONS, "interest-cohort=()"),
        ("x-custom", "anything"),
    ],
)
def test_a_value_that_protects(name: str, value: str) -> None:
    assert weakness(name, value) == ""


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        (HSTS, "max-age=0", "max-age=0 switches it off"),
        (HSTS, "max-age=0; includeSubDomains", "max-age=0 switches it off"),
        (HSTS, "includeSubDomains", "it has no max-age"),
        (HSTS, "max-age", "not a number of seconds"),
        (HSTS, 'max-age="31536000', "not a number of seconds"),
        (HSTS, "max-age=-1", "not a number of seconds"),
        (HSTS, "max-age=1y", "not a number of seconds"),
        (HSTS, "max-age=١٢", "not a number of seconds"),
        (HSTS, "max-age=31536000; max-age=0", "it gives a directive twice"),
        (HSTS, "max-age=31536000, max-age=0", "not a number of seconds"),
        (CSP, "", "it is empty"),
        (CSP, " ; ; ", "it holds no directive"),
        (XFO, "ALLOWALL", "only DENY and SAMEORIGIN protect"),
        (XFO, "ALLOW-FROM https://a.example", "only DENY and SAMEORIGIN protect"),
        (XFO, "DENY, SAMEORIGIN", "only DENY and SAMEORIGIN protect"),
        (XFO, "  ", "it is empty"),
        (XCTO, "sniff", "only nosniff protects"),
        (XCTO, "nosniff, nosniff", "only nosniff protects"),
        (REFERRER, "unsafe-url", "gives the whole address away"),
        (REFERRER, "no-referrer, unsafe-url", "gives the whole address away"),
        (REFERRER, "none", "a policy that does not exist"),
        (REFERRER, "no-referrer,", "a policy that does not exist"),
        (PERMISSIONS, "geolocation 'none'", "not a list such as"),
        (PERMISSIONS, "geolocation", "not a list such as"),
        (PERMISSIONS, "geolocation=(", "not a list such as"),
        (PERMISSIONS, "geolocation=() camera=()", "not a list such as"),
        (PERMISSIONS, "geolocation=(),", "ends with a comma"),
        (PERMISSIONS, "Geolocation=()", "not a list such as"),
        ("x-custom", "", "it is empty"),
    ],
)
def test_a_value_that_does_not_protect(name: str, value: str, reason: str) -> None:
    assert reason in weakness(name, value)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize(
    "value", ["(" * 30_000, '"' * 30_001, "a=(" + '"' * 30_001, "a=();" * 6_000 + "(", ";," * 15_000]
)
def test_no_value_holds_a_rule_up(name: str, value: str) -> None:
    started = time.process_time()
    weakness(name, value)
    assert time.process_time() - started < 1
