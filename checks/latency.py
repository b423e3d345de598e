"""Kind `latency`: a percentile of the time to the last byte, from samples taken one after another."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

from warroom.checks.latency_parameters import LatencyParameters
from warroom.checks.latency_verdict import Taken, judged, symptom_of
from warroom.contract import Context, Findings, Kind, Sample, SampleJob
from warroom.errors import CannotMeasure
from warroom.slo.quantile import Decision, decide, is_over, rank_of

# Sampling that has gone on for so long ends once what is still to come cannot change the verdict.
_LONG_S = 20.0


class _Decided(Exception):
    """What is still to come cannot change the verdict."""


async def _take(params: LatencyParameters, ctx: Context, taken: list[Sample], count: int) -> None:
    """Adds up to `count` samples to `taken`, each as it arrives."""

    def on_sample(sample: Sample) -> None:
        taken.append(sample)
        ctx.on_progress(sample, params.most)
        if sample.sent_at_s > _LONG_S and _is_lost(Taken(params, tuple(taken))):
            raise _Decided

    job = SampleJob(
        params.request(),
        count=count,
        warmup=0 if taken else params.warmup,
        reuse=params.reuse,
        timeout_s=params.sample_timeout.total_seconds(),
    )
    with contextlib.suppress(_Decided):
        await ctx.sampler.sample(job, on_sample)


async def run(params: LatencyParameters, ctx: Context) -> Findings:
    samples: list[Sample] = []
    taken = Taken(params, ())
    while taken.n < params.most:
        # Looking after 30, 60, 120, ... rather than after each keeps the confidence near what it says.
        wanted = min(params.most, max(params.samples, 2 * taken.n))
        try:
            await _take(params, ctx, samples, wanted - taken.n)
        except CannotMeasure as fault:
            _keep_fault(fault, Taken(params, tuple(samples)), ctx)
            raise
        taken = Taken(params, tuple(samples))
        if taken.n < wanted or _is_decided(taken):
            break
    kept = ctx.evidence.save_json("samples", _evidence(taken, ctx))
    line = judged(taken, ctx.sampler.how())
    return Findings(
        results=(line,),
        measurement=line.measurement,
        symptom=symptom_of(taken),
        evidence=(kept,),
        reproduce=ctx.http.curl_of(params.request()),
        reason=line.reason,
    )


def _keep_fault(fault: CannotMeasure, taken: Taken, ctx: Context) -> None:
    """Keeps why no more samples came, and those that did, and gives `fault` the line that repeats the request."""
    # A target without a usable address has no request to repeat.
    with contextlib.suppress(CannotMeasure):
        fault.reproduce = ctx.http.curl_of(taken.params.request())
        ctx.evidence.save_json("samples", {**_evidence(taken, ctx), "error": fault.message})


def _is_decided(taken: Taken) -> bool:
    params = taken.params
    if params.confidence is None:
        return taken.n >= params.samples
    return decide(taken.n, taken.over, params.p, params.confidence) is not Decision.CONTINUE


def _is_lost(taken: Taken) -> bool:
    params = taken.params
    return params.confidence is None and is_over(taken.over, params.samples, params.p)


def _evidence(taken: Taken, ctx: Context) -> dict[str, Any]:
    params = taken.params
    return {
        "url": ctx.http.url_of(params.request()),
        "method": params.method,
        "timed": ctx.sampler.how(),
        "statistic": f"P{params.percentile:g} by nearest rank",
        "rank": rank_of(taken.n, params.p) if taken.n else None,
        "limit": str(params.limit),
        "n": taken.n,
        "over": taken.over,
        "warmup": params.warmup,
        "reuse": params.reuse,
        "sample_timeout_s": params.sample_timeout / timedelta(seconds=1),
        "samples": [_sample(sample) for sample in taken.samples],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "latency_ms": None if sample.latency_s is None else round(sample.latency_s * 1000, 4),
        "status": sample.status,
        "connect_ms": round(sample.connect_s * 1000, 4),
        "sent_at_ms": round(sample.sent_at_s * 1000, 4),
        "error": sample.error,
    }


KIND = Kind(
    name="latency",
    summary="a percentile of the time to the last byte",
    params=LatencyParameters,
    run=run,
    targets=lambda params: (params.target,),
)
