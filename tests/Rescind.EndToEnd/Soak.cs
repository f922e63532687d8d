using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.SignalR.Client;

namespace Rescind.EndToEnd;

/// <summary>
/// People log in, refresh, renew on open connections, log out, are revoked or just leave, for a minute (ten with the
/// full counts). What the processes hold of the machine once they are warm is what they hold in the end.
/// </summary>
[Collection(Child.OneSystemAtATime)]
public sealed class Soak(ITestOutputHelper output)
{
    private const int AtOnce = 6;
    private const int VisitsInARow = 5;

    // However slow the machine is, each third has at least so many.
    private const int LeastVisits = 150;

    // What an API says that has heard nothing of its Authority for too long: on a machine that busy the visit does not count.
    private static readonly string[] TryLater = ["1013", "503", nameof(HttpStatusCode.ServiceUnavailable)];

    // What was revoked is remembered for as long as its tokens live: much of it in little time is no leak.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Third = TimeSpan.FromSeconds(Counts.Of(200));

    private int _visits;
    private int _interrupted;

    [Fact]
    public async Task Logins_renewals_revocations_and_churning_sockets_leave_memory_and_handles_as_they_were()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var chat = await ChatProcess.StartAsync(authority, client);
        (string Name, Child Process)[] all = [("Authority", authority.Process), ("Chat", chat.Process)];

        await ThirdAsync(client, chat);
        var before = await FootprintsAsync(all);
        await ThirdAsync(client, chat);
        await ThirdAsync(client, chat);
        var after = await FootprintsAsync(all);

        output.WriteLine($"{_visits} visits, {_interrupted} interrupted");
        for (var i = 0; i < all.Length; i++)
        {
            output.WriteLine($"{all[i].Name}: {before[i]}, then {after[i]}");
            after[i].KiB.ShouldBeLessThanOrEqualTo(before[i].KiB * 11 / 10, all[i].Name);
            after[i].Handles.ShouldBeLessThanOrEqualTo(before[i].Handles * 11 / 10, all[i].Name);
        }
    }

    private static Task<Footprint[]> FootprintsAsync((string Name, Child Process)[] all) =>
        Task.WhenAll(all.Select(static one => Footprint.OfAsync(one.Process)));

    private async Task ThirdAsync(AuthorityClient client, ChatProcess chat)
    {
        var clock = Stopwatch.StartNew();
        var least = _visits + LeastVisits;
        while (clock.Elapsed < Third || _visits < least)
        {
            // Its token lives five minutes.
            await client.LogInAsync();
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async person =>
            {
                for (var visit = 0; visit < VisitsInARow; visit++)
                {
                    await TryVisitAsync(client, chat, (person * VisitsInARow) + visit);
                    await Task.Delay(Pause);
                }
            }));
        }
    }

    private async Task TryVisitAsync(AuthorityClient client, ChatProcess chat, int visit)
    {
        try
        {
            await VisitAsync(client, chat, visit);
            Interlocked.Increment(ref _visits);
        }
        catch (Exception failure) when (TryLater.Any(failure.Message.Contains))
        {
            Interlocked.Increment(ref _interrupted);
        }
    }

    private static async Task VisitAsync(AuthorityClient client, ChatProcess chat, int visit)
    {
        var session = await client.StartSessionAsync($"user-{visit % 50}");
        await using var hub = await chat.ChatAsync(session.AccessToken);
        using var events = await chat.EventsAsync(session.AccessToken);
        using var ticker = await chat.TickerAsync(session.AccessToken);

        var refreshed = await client.RefreshAsync(session.RefreshToken);
        refreshed.Status.ShouldBe(HttpStatusCode.OK);
        await hub.InvokeAsync("Renew", refreshed.AccessToken);
        await ticker.RenewAsync(refreshed.AccessToken!);
        await hub.InvokeAsync("Say", "hello");

        if (visit % 3 == 0)
        {
            // Who leaves without a word.
            return;
        }

        await (visit % 3 == 1 ? client.RevokeAsync("session", session.Id) : client.LogOutAsync(refreshed.RefreshToken!));
        await ticker.HearUntilAsync("4401");
    }
}
