using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Introspecting;
using Rescind.Verifier.Tests.Introspecting;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Diagnostics;

/// <summary>What a verifier counts, and that nobody can be recognised in it (G7).</summary>
public sealed class Metrics
{
    private static readonly string[] Tags =
    [
        "rescind.verdict=valid", "rescind.verdict=revoked", "rescind.verdict=renew", "rescind.verdict=reauthenticate",
        "rescind.verdict=expired", "rescind.verdict=unknown", "rescind.verdict=invalid",
        "rescind.outcome=entries", "rescind.outcome=gone", "rescind.outcome=conflict", "rescind.outcome=none",
        "rescind.outcome=failed",
        "rescind.outcome=active", "rescind.outcome=inactive", "rescind.outcome=shed",
    ];

    private readonly FakeLog _log = new();

    [Fact]
    public async Task Each_token_counts_once_under_its_verdict()
    {
        await using var api = await Api.StartAsync(_log);
        using var verdicts = Collect<long>(api, "rescind.verdicts");

        await SendOneOfEachAsync(api);

        verdicts.GetMeasurementSnapshot().Select(one => $"{one.Tags["rescind.verdict"]} {one.Value}")
            .ShouldBe(["valid 1", "invalid 1", "expired 1", "revoked 1", "renew 1", "reauthenticate 1"]);
    }

    [Fact]
    public async Task A_request_without_a_token_counts_nothing()
    {
        await using var api = await Api.StartAsync(_log);
        using var verdicts = Collect<long>(api, "rescind.verdicts");

        await api.StatusAsync(null);

        verdicts.GetMeasurementSnapshot().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_doubt_and_a_failed_poll_are_counted()
    {
        _log.IsAway = true;
        await using var api = await Api.StartAsync(new() { Feed = _log, WaitUntilReady = false });
        using var verdicts = Collect<long>(api, "rescind.verdicts");
        using var polls = Collect<long>(api, "rescind.feed.polls");

        await api.StatusAsync(_log.Mint());

        verdicts.GetMeasurementSnapshot().ShouldHaveSingleItem().Tags["rescind.verdict"].ShouldBe("unknown");
        await Eventually.Async(() => polls.LastMeasurement?.Tags["rescind.outcome"] is "failed");
    }

    [Fact]
    public async Task Each_question_to_the_authority_counts_once_under_its_outcome()
    {
        await using var asking = await AskingApi.StartAsync(default);
        using var questions = Collect<long>(asking.Api, "rescind.introspections");
        var token = asking.Log.Mint();

        await asking.StatusAsync(token, "/sure");
        asking.Authority.Inactive.Add(token);
        await asking.StatusAsync(token, "/sure");
        asking.Authority.InsteadOfIntrospection = static context => context.Response.WriteAsync("no answer");
        for (var i = 0; i <= IntrospectionBreaker.MaxFailures; i++)
        {
            await asking.StatusAsync(token, "/sure");
        }

        questions.GetMeasurementSnapshot().Select(one => one.Tags["rescind.outcome"])
            .ShouldBe(["active", "inactive", .. Enumerable.Repeat("failed", IntrospectionBreaker.MaxFailures), "shed"]);
    }

    [Fact]
    public async Task The_replica_shows_its_age_its_size_and_its_positions()
    {
        await using var api = await Api.StartAsync(_log);
        var position = _log.End(Match.Token("dead"));
        await Eventually.Async(() => api.Status.Position >= position);

        Observe<double>(api, "rescind.replica.age").ShouldBeInRange(0, api.Status.Bound.TotalSeconds);
        Observe<int>(api, "rescind.replica.entries").ShouldBe(api.Status.Entries);
        Observe<long>(api, "rescind.replica.size").ShouldBe(api.Status.Bytes);
        api.Status.Bytes.ShouldBeGreaterThanOrEqualTo(32L * api.Status.Entries);
        Observe<int>(api, "rescind.replica.forks").ShouldBe(0);
        Observe<int>(api, "rescind.replica.too_old").ShouldBe(0);
        Observe<long>(api, "rescind.replica.received").ShouldBe(position.Value);
        Observe<long>(api, "rescind.replica.applied").ShouldBe(position.Value);
    }

    [Fact]
    public async Task Live_and_closed_connections_are_shown_by_kind_and_code()
    {
        await using var api = await LiveApi.StartAsync();
        using var alice = await api.OpenAsync(api.Mint("alice"));
        using var bob = await api.OpenAsync(api.Mint("bob"));
        await Eventually.Async(() => api.Live == 2);
        Observe<long>(api.Api, "rescind.connections.live").ShouldBe(2);

        api.Log.End(Match.Subject("alice"));
        await alice.HearToTheEndAsync();
        await Eventually.Async(() => api.Live == 1);

        using var closed = Collect<long>(api.Api, "rescind.connections.closed");
        closed.RecordObservableInstruments();
        var one = closed.LastMeasurement.ShouldNotBeNull();
        (one.Value, one.Tags["rescind.connection.kind"], one.Tags["rescind.connection.code"]).ShouldBe((1, "websocket", 4401));
    }

    [Fact]
    public async Task A_replica_that_heard_nothing_yet_has_no_age()
    {
        _log.IsAway = true;
        await using var api = await Api.StartAsync(new() { Feed = _log, WaitUntilReady = false });
        using var age = Collect<double>(api, "rescind.replica.age");

        age.RecordObservableInstruments();

        age.GetMeasurementSnapshot().ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_instrument_is_ours_by_name_and_says_its_unit()
    {
        await using var api = await Api.StartAsync(_log);
        var found = new List<string>();

        using var listener = Listen(api, instrument => found.Add($"{instrument.Name} {instrument.Unit}"));

        found.Order().ShouldBe(
        [
            "rescind.connections.closed {connection}", "rescind.connections.live {connection}", "rescind.feed.polls {poll}",
            "rescind.introspections {introspection}", "rescind.replica.age s", "rescind.replica.applied {position}",
            "rescind.replica.entries {entry}", "rescind.replica.forks {log}", "rescind.replica.received {position}",
            "rescind.replica.size By", "rescind.replica.too_old {verifier}", "rescind.verdicts {verdict}",
        ]);
    }

    [Fact]
    public async Task Tags_come_from_a_fixed_small_set_so_that_they_name_nobody()
    {
        await using var api = await Api.StartAsync(_log);
        var found = new HashSet<string>();
        using var listener = Listen(api, static _ => { }, found);

        await SendOneOfEachAsync(api);
        listener.RecordObservableInstruments();

        lock (found)
        {
            found.Count.ShouldBeGreaterThan(5);
            found.ShouldBeSubsetOf(Tags);
        }
    }

    private async Task SendOneOfEachAsync(Api api)
    {
        await api.StatusAsync(_log.Mint());
        await api.StatusAsync("garbage");
        await api.StatusAsync(_log.Mint(new { iat = Minting.Now - 1000, exp = Minting.Now - 100 }));
        var (renewed, early) = (_log.Mint(new { sub = "bob" }), _log.Mint(new { sub = "carol" }));
        _log.End(Match.Token("dead"));
        _log.Renew(Match.Subject("bob"));
        var last = _log.Reauthenticate(Match.Subject("carol"));
        await Eventually.Async(() => api.Status.Position >= last);
        await api.StatusAsync(_log.Mint(new { jti = "dead" }));
        await api.StatusAsync(renewed);
        await api.StatusAsync(early);
    }

    private static MetricCollector<T> Collect<T>(Api api, string name)
        where T : struct =>
        new(api.Services.GetRequiredService<IMeterFactory>(), VerifierMetrics.MeterName, name);

    private static T Observe<T>(Api api, string name)
        where T : struct
    {
        using var collector = Collect<T>(api, name);
        collector.RecordObservableInstruments();
        return collector.LastMeasurement.ShouldNotBeNull().Value;
    }

    // Other tests have verifiers of their own in this process: only this one's meter counts.
    private static MeterListener Listen(Api api, Action<Instrument> published, HashSet<string>? tags = null)
    {
        tags ??= [];
        var factory = api.Services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == VerifierMetrics.MeterName && instrument.Meter.Scope == factory)
                {
                    published(instrument);
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        Note<int>();
        Note<long>();
        Note<double>();
        listener.Start();
        return listener;

        void Note<T>()
            where T : struct => listener.SetMeasurementEventCallback<T>((_, _, found, _) =>
            {
                foreach (var (name, value) in found)
                {
                    lock (tags)
                    {
                        tags.Add($"{name}={value}");
                    }
                }
            });
    }
}
