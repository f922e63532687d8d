using System.Collections.Concurrent;
using System.Net;

namespace Rescind.EndToEnd;

/// <summary>G2: whatever was acknowledged is still there after kill -9, at any moment, under load.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class KilledAuthority
{
    private const int Rotators = 8;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_however_often_it_is_killed()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);
        var load = new Load(client);
        await load.StartSessionsAsync(Rotators);

        for (var round = 0; round < Counts.Of(200); round++)
        {
            using var stop = new CancellationTokenSource();
            var working = load.RunAsync(stop.Token);
            await Task.Delay(100 + (round * 37 % 300));
            await authority.KillAsync();
            await stop.CancelAsync();
            await working;

            await authority.StartAgainAsync();

            await client.LogInAsync();
            await load.EverythingAcknowledgedStandsAsync(orders);
        }

        load.Rotations.ShouldBeGreaterThan(Counts.Of(200));
        load.Revocations.ShouldBeGreaterThan(Counts.Of(200) / 2);
    }

    /// <summary>Callers that rotate and revoke, and remember what they were told.</summary>
    private sealed class Load(AuthorityClient client)
    {
        private readonly ConcurrentDictionary<(string Session, uint Generation), string> _tokens = new();
        private readonly ConcurrentQueue<StartedSession> _revoked = new();
        private readonly ConcurrentDictionary<string, string> _latest = new();
        private int _subjects;

        public int Rotations => _tokens.Count;

        public int Revocations => _revoked.Count;

        public async Task StartSessionsAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var session = await client.StartSessionAsync($"rotator-{i}");
                _latest[session.Id] = session.RefreshToken;
            }
        }

        public Task RunAsync(CancellationToken stop) =>
            Task.WhenAll(
            [
                .. _latest.Keys.Select(id => UntilKilledAsync(() => RotateAsync(id), stop)),
                UntilKilledAsync(RevokeOneAsync, stop),
            ]);

        public async Task EverythingAcknowledgedStandsAsync(OrdersProcess orders)
        {
            await UntilCaughtUpAsync();
            foreach (var session in _revoked.TakeLast(5))
            {
                ((string?)(await client.GetSessionAsync(session.Id))["state"]).ShouldBe("ended");
                (await client.RefreshAsync(session.RefreshToken)).Error.ShouldBe("invalid_grant");
                (await orders.StatusAsync(session.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
            }

            foreach (var id in _latest.Keys)
            {
                await RotateAsync(id);
            }
        }

        /// <summary>
        /// What was acknowledged without a receipt may reach a verifier up to its bound later, and the kill came in
        /// between: a receipt for a later act says that it has arrived.
        /// </summary>
        private async Task UntilCaughtUpAsync()
        {
            for (var attempt = 0; attempt < 10; attempt++)
            {
                var receipt = (await client.RevokeAsync("subject", "nobody", waitSeconds: 5))["in_force"]!;
                if ((int)receipt["applied"]! == 1)
                {
                    return;
                }
            }

            Assert.Fail("The verifier has not come back.");
        }

        private async Task RotateAsync(string id)
        {
            var presented = _latest[id];
            var answer = await client.RefreshAsync(presented);
            if (answer.Status == HttpStatusCode.ServiceUnavailable)
            {
                return; // Nothing was promised.
            }

            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Error);
            var generation = Refreshed.GenerationOf(answer.RefreshToken!);
            generation.ShouldBe(Refreshed.GenerationOf(presented) + 1);
            _tokens.GetOrAdd((id, generation), answer.RefreshToken!).ShouldBe(answer.RefreshToken);
            _latest[id] = answer.RefreshToken!;
        }

        private async Task RevokeOneAsync()
        {
            var session = await client.StartSessionAsync($"victim-{Interlocked.Increment(ref _subjects)}");
            await client.RevokeAsync("session", session.Id);
            _revoked.Enqueue(session);
        }

        private static async Task UntilKilledAsync(Func<Task> work, CancellationToken stop)
        {
            try
            {
                while (!stop.IsCancellationRequested)
                {
                    await work();
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or IOException)
            {
                // Killed in the middle: that call was not acknowledged.
            }
        }
    }
}
