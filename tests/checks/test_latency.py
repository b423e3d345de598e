"""Kind `latency`: the percentile, its line, what it proves, and what failures do to it."""

import json
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from tests.checks.desk import desk
from tests.checks.server import closed_port
from tests.faults.server import always, answer, serving
from warroom.adapters.sampling import SamplerProcess
from warroom.checks.latency import KIND
from warroom.contract import Findings, Sample, SampleJob
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target
from warroom.verdict import Verdict, of_results

WRITTEN = {"target": "app", "path": "/canary", "limit": "<= 120ms", "say": "P95: {actual}ms ({limit} target)"}


class Given:
    """A sampler that has the samples already: latencies in ms, words of errors, or (ms, status)."""

    def __init__(self, *samples: float | str | tuple[float, int], every_s: float = 0.05) -> None:
        self.samples = [self._sample(index, each, index * every_s) for index, each in enumerate(samples)]
        self.jobs: list[SampleJob] = []

    @staticmethod
    def _sample(index: int, given: float | str | tuple[float, int], sent_at_s: float) -> Sample:
        if isinstance(given, str):
            return Sample(index, None, 0, 0.0, sent_at_s, given)
        ms, status = given if isinstance(given, tuple) else (given, 200)
        return Sample(index, ms / 1000, status, 0.0, sent_at_s)

    async def sample(self, job: SampleJob, on_sample: Callable[[Sample], None]) -> tuple[Sample, ...]:
        self.jobs.append(job)
        taken, self.samples = self.samples[: job.count], self.samples[job.count :]
        for sample in taken:
            on_sample(sample)
        return tuple(taken)

    def how(self) -> str:
        return "by hand"


async def find(folder: Path, sampler: Any, url: str = "http://127.0.0.1:1", **written: Any) -> Findings:
    async with desk(folder, {"app": url}) as desk_:
        return await desk_.with_ports(sampler=sampler).find(KIND, {**WRITTEN, **written})


def verdict(found: Findings) -> Verdict:
    return of_results(found.results)


@pytest.mark.covers("S3-C05")
@pytest.mark.parametrize(
    ("samples", "expected", "say"),
    [
        ([40.0] * 28 + [120.0, 900.0], Verdict.PASS, "P95: 120.0ms (≤120ms target)"),
        ([40.0] * 28 + [121.0, 121.0], Verdict.FAIL, "P95: 121.0ms (≤120ms target)"),
        ([900.0, 120.0, *[40.0] * 28], Verdict.PASS, "P95: 120.0ms (≤120ms target)"),
        ([40.0] * 28 + [120.04, 900.0], Verdict.FAIL, "P95: 120.040ms (≤120ms target)"),
        ([40.0] * 29 + ["timeout"], Verdict.PASS, "P95: 40.0ms (≤120ms target)"),
        ([40.0] * 28 + ["timeout", "timeout"], Verdict.FAIL, "P95: over (timed out) (≤120ms target)"),
        ([40.0] * 28 + [(1.0, 503), (1.0, 503)], Verdict.FAIL, "P95: over (HTTP 503) (≤120ms target)"),
        ([(1.0, 500)] * 30, Verdict.FAIL, "P95: over (HTTP 500) (≤120ms target)"),
    ],
    ids=[
        "the 29th of 30 at the limit passes",
        "the 29th of 30 over the limit fails",
        "the order they were taken in does not matter",
        "a little over is over, and is not rounded away",
        "one time-out of 30 is the 30th",
        "two time-outs are the P95",
        "an error answer is no latency, however fast",
        "nothing but error answers is measured, and bad",
    ],
)
async def test_the_verdict_and_its_line(
    samples: Sequence[float | str], expected: Verdict, say: str, tmp_path: Path
) -> None:
    found = await find(tmp_path, Given(*samples))
    assert (verdict(found), found.results[0].say) == (expected, say)
    assert found.measurement.n == 30
    assert found.measurement.method == "nearest rank"
    assert (found.measurement.limit, found.measurement.unit) == ("<= 120ms", "ms")


async def test_the_value_is_a_number_of_ms(tmp_path: Path) -> None:
    found = await find(tmp_path, Given(*[41.2345] * 30))
    assert found.measurement.value == 41.2
    assert (found.results[0].actual, found.results[0].expected) == ("41.2ms", "<= 120ms")
    assert found.measurement.source == "by hand"


async def test_a_pass_says_what_30_samples_prove(tmp_path: Path) -> None:
    found = await find(tmp_path, Given(*[40.0] * 30))
    assert found.reason == (
        "P95 is sample 29 of 30 by size (nearest rank); 30 samples, none over the limit, prove P90 <= 120ms"
        " at 95 % confidence (P95 takes 59 without one over)"
    )


async def test_59_clean_samples_prove_the_p95(tmp_path: Path) -> None:
    found = await find(tmp_path, Given(*[40.0] * 59), samples=59)
    assert found.reason.endswith("59 samples, none over the limit, prove P95 <= 120ms at 95 % confidence")


async def test_a_failure_says_how_many_were_over_and_why(tmp_path: Path) -> None:
    found = await find(tmp_path, Given(*[40.0] * 25, 130.0, "timeout", "timeout", (9.0, 503), "reset"))
    assert found.reason == (
        "P95 is over (timed out), expected <= 120ms: 5 of 30 samples over the limit"
        " (2 timed out, 1 HTTP 503, 1 connection reset)"
    )
    assert found.symptom == {"symptom": "timeout", "status": "503"}


async def test_an_answer_that_is_cut_off_is_said_to_be_and_matches_what_a_reset_does(tmp_path: Path) -> None:
    async with serving(always(answer(b"1234", length=10), then_close=True)) as server:
        sampler = SamplerProcess({"app": Target("app", server.url)})
        found = await find(tmp_path, sampler, server.url, samples=5)
    assert found.reason == "there is no latency to judge: none of 5 requests was answered (5 answer cut off)"
    assert found.symptom == {"symptom": "reset"}


async def test_when_nothing_was_answered_there_is_no_data(tmp_path: Path) -> None:
    found = await find(tmp_path, Given("timeout", "timeout", "timeout"))
    assert verdict(found) is Verdict.ERROR
    assert found.reason == (
        "there is no latency to judge: none of 3 requests was answered (3 timed out); the other 27 were not sent"
    )
    assert found.symptom == {"symptom": "timeout"}
    assert found.measurement.n == 0


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([40.0] * 27 + ["timeout"] * 3, Verdict.FAIL),
        ([40.0] * 20, Verdict.INCONCLUSIVE),
    ],
    ids=["those there are decide", "none over, but too few"],
)
async def test_fewer_samples_than_asked_for_never_pass(
    samples: Sequence[float | str], expected: Verdict, tmp_path: Path
) -> None:
    found = await find(tmp_path, Given(*samples), samples=60)
    assert verdict(found) is expected


async def test_long_sampling_stops_once_it_is_lost(tmp_path: Path) -> None:
    found = await find(tmp_path, Given(*[500.0] * 30, every_s=1.0))
    assert verdict(found) is Verdict.FAIL
    assert found.measurement.n == 22
    assert found.reason.endswith("22 of 22 samples over the limit; stopped after 22 of 30")


@pytest.mark.parametrize(
    ("samples", "expected", "n", "told"),
    [
        ([40.0] * 120, Verdict.PASS, 60, "prove P95 <= 120ms at 95 % confidence"),
        ([40.0] * 25 + [500.0] * 5, Verdict.FAIL, 30, "at 95 % confidence it is not <= 120ms"),
        (
            [*[40.0] * 27, *[500.0] * 3, *[40.0] * 90],
            Verdict.INCONCLUSIVE,
            120,
            "that decides nothing at 95 % confidence",
        ),
    ],
    ids=["until it is proved", "until the opposite is proved", "until max_samples"],
)
async def test_with_confidence_sampling_goes_on(
    samples: Sequence[float], expected: Verdict, n: int, told: str, tmp_path: Path
) -> None:
    sampler = Given(*samples)
    found = await find(tmp_path, sampler, confidence="95%", max_samples=120, warmup=2)
    assert (verdict(found), found.measurement.n) == (expected, n)
    assert told in found.reason
    assert [job.warmup for job in sampler.jobs] == [2, *[0] * (len(sampler.jobs) - 1)]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"limit": "<= 120"}, "needs a unit of time"),
        ({"limit": ">= 120ms"}, "a latency has an upper limit"),
        ({"limit": 120}, "as text in quotes"),
        ({"samples": 0}, "greater than or equal to 1"),
        ({"samples": "30"}, "valid integer"),
        ({"percentile": 0}, "greater than 0"),
        ({"max_samples": 100}, "`max_samples` goes with `confidence`"),
        ({"confidence": "95%", "max_samples": 20}, "`max_samples` is less than `samples`"),
        ({"confidence": "195%"}, "is not a confidence"),
        ({"confidence": "high"}, "is not a confidence"),
        ({"confidence": "95"}, "is not a confidence"),
        ({"say": "{median}"}, "is not known here"),
    ],
    ids=lambda value: str(value),
)
def test_parameters_that_make_no_sense_are_refused(written: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        KIND.params.model_validate({**WRITTEN, **written})
    assert told in str(raised.value)


async def test_the_line_can_be_written_otherwise(tmp_path: Path) -> None:
    found = await find(
        tmp_path,
        Given(*[400.0] * 20),
        samples=20,
        percentile=99.5,
        limit="< 0.5s",
        say="P{percentile} of {n}: {actual}, must be {limit}",
    )
    assert found.results[0].say == "P99.5 of 20: 0.400s, must be <0.5s"


@pytest.mark.covers("S3-C05")
async def test_exactly_30_requests_reach_the_service_and_every_sample_is_kept(tmp_path: Path) -> None:
    progress: list[tuple[int, int]] = []
    async with serving(always(answer())) as server, desk(tmp_path, {"app": server.url}) as desk_:
        sampler = SamplerProcess({"app": Target("app", server.url)})
        at = desk_.with_ports(
            sampler=sampler, on_progress=lambda sample, total: progress.append((sample.index, total))
        )
        found = await at.find(KIND, {**WRITTEN, "limit": "<= 60000ms"})
        kept = json.loads((desk_.store.dir / found.evidence[0]).read_text())
    assert (len(server.requests), server.connections) == (30, 1)
    assert all(request.startswith(b"GET /canary HTTP/1.1\r\n") for request in server.requests)
    assert progress == [(index, 30) for index in range(30)]
    assert isinstance(found.measurement.value, float)
    assert verdict(found) is Verdict.PASS
    latencies = [sample["latency_ms"] for sample in kept["samples"]]
    assert len(latencies) == 30
    assert sorted(latencies)[28] == pytest.approx(found.measurement.value, abs=0.06)
    assert kept["statistic"] == "P95 by nearest rank"
    assert "child process" in kept["timed"]
    assert kept["samples"][0]["connect_ms"] > 0
    assert found.reproduce.startswith("curl ")
    assert found.reproduce.endswith(f"{server.url}/canary")


async def test_a_redirect_is_not_a_latency(tmp_path: Path) -> None:
    moved = answer(b"", "Location: /elsewhere", status="308 Permanent Redirect")
    async with serving(always(moved)) as server:
        sampler = SamplerProcess({"app": Target("app", server.url)})
        found = await find(tmp_path, sampler, server.url, samples=5)
    assert verdict(found) is Verdict.FAIL
    assert found.symptom == {"status": "308"}
    assert "5 HTTP 308" in found.reason


UNREACHED = {
    "TLS: the server's certificate is its own": ("https://127.0.0.1:{tls}", "tls"),
    "DNS: there is no such name": ("http://nowhere.invalid", "dns"),
    "connect: nobody listens": ("http://127.0.0.1:{closed}", "refused"),
    "denied: a metadata address": ("http://169.254.169.254", "denied"),
}


@pytest.mark.parametrize(("address", "symptom"), UNREACHED.values(), ids=UNREACHED)
async def test_a_service_that_is_not_reached_leaves_evidence_and_a_line_to_repeat_it(
    tmp_path: Path, address: str, symptom: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with serving(always(answer()), context) as server:
        url = address.format(tls=server.port, closed=closed_port().rpartition(":")[2])
        async with desk(tmp_path, {"app": url}) as desk_:
            at = desk_.with_ports(sampler=SamplerProcess({"app": Target("app", url)}))
            outcome = await at.run(KIND, WRITTEN)
            kept = json.loads((desk_.store.dir / outcome.evidence[0]).read_text())
    assert outcome.verdict is Verdict.ERROR
    assert dict(outcome.symptom)["symptom"] == symptom
    assert outcome.reproduce.startswith("curl ")
    assert outcome.reproduce.endswith(f" {url}/canary")
    assert outcome.evidence == ("check/samples.json",)
    told = kept.get("error") or kept["samples"][0]["error"]
    assert told in outcome.reason or told == symptom
    assert kept["url"] == f"{url}/canary"


class Broken(Given):
    """A sampler that dies behind its last sample."""

    async def sample(self, job: SampleJob, on_sample: Callable[[Sample], None]) -> tuple[Sample, ...]:
        await super().sample(job, on_sample)
        raise CannotMeasure("the sampler ended", symptom="internal")


async def test_what_was_sampled_before_the_sampler_died_is_kept(tmp_path: Path) -> None:
    async with desk(tmp_path, {"app": "http://127.0.0.1:1"}) as desk_:
        outcome = await desk_.with_ports(sampler=Broken(41.0, 42.0)).run(KIND, WRITTEN)
        kept = json.loads((desk_.store.dir / outcome.evidence[0]).read_text())
    assert outcome.verdict is Verdict.ERROR
    assert [sample["latency_ms"] for sample in kept["samples"]] == [41.0, 42.0]
    assert kept["error"] == "the sampler ended"


async def test_a_target_that_has_no_address_leaves_no_line_to_repeat(tmp_path: Path) -> None:
    async with desk(tmp_path, {}) as desk_:
        outcome = await desk_.with_ports(sampler=SamplerProcess({})).run(KIND, WRITTEN)
    assert outcome.verdict is Verdict.ERROR
    assert (outcome.reproduce, outcome.evidence) == ("", ())
