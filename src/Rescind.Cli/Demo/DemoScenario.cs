using System.Net;
using System.Text.Json.Nodes;

namespace Rescind.Cli.Demo;

/// <summary>The scenario, scene by scene. Alice has a laptop, a phone and a tablet.</summary>
internal sealed class DemoScenario(DemoProcesses processes, DemoReporter reporter, TimeProvider time)
{
    public const string Audience = "demo";

    private const HttpStatusCode Accepted = HttpStatusCode.OK;
    private const HttpStatusCode Dead = HttpStatusCode.Unauthorized;
    private const HttpStatusCode Unknown = HttpStatusCode.ServiceUnavailable;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        reporter.Scene("An Authority and two APIs");
        await reporter.LineAsync("the Authority is up, on embedded SQLite", () =>
            processes.StartAuthorityAsync(cancellationToken)).ConfigureAwait(false);
        await reporter.LineAsync("two API processes follow its log", () => processes.StartApisAsync(cancellationToken))
            .ConfigureAwait(false);
        using var calls = new Calls(processes, time);
        var (laptop, phone) = await LogInAsync(calls, cancellationToken).ConfigureAwait(false);
        await LogOutAsync(calls, laptop, phone, cancellationToken).ConfigureAwait(false);
        await LoseAndStealAsync(calls, phone, cancellationToken).ConfigureAwait(false);
        await KillAsync(calls, laptop, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(LoggedIn Laptop, LoggedIn Phone)> LogInAsync(Calls calls, CancellationToken cancellationToken)
    {
        reporter.Scene("Log in");
        LoggedIn laptop = null!, phone = null!;
        await reporter.LineAsync("alice logs in on her laptop and on her phone", async () =>
        {
            laptop = await calls.LogInAsync("laptop", cancellationToken).ConfigureAwait(false);
            phone = await calls.LogInAsync("phone", cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await reporter.LineAsync("both APIs take both tokens, and ask nobody", async () =>
        {
            await calls.ExpectAsync(laptop, Accepted, cancellationToken).ConfigureAwait(false);
            await calls.ExpectAsync(phone, Accepted, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return (laptop, phone);
    }

    private async Task LogOutAsync(Calls calls, LoggedIn laptop, LoggedIn phone, CancellationToken cancellationToken)
    {
        reporter.Scene("The laptop is lost");
        using var open = new LiveSocket(time);
        using var other = new LiveSocket(time);
        await reporter.LineAsync("laptop and phone listen on a WebSocket each, opened with their tokens", async () =>
        {
            await open.OpenAsync(processes.Apis[0], laptop, cancellationToken).ConfigureAwait(false);
            await other.OpenAsync(processes.Apis[0], phone, cancellationToken).ConfigureAwait(false);
            await open.HearAsync(cancellationToken).ConfigureAwait(false);
            await other.HearAsync(cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await reporter.DetailedLineAsync("its session is revoked, and the receipt says where that is in force", async () =>
        {
            var receipt = (await calls.RevokeAsync(laptop, "laptop lost", cancellationToken).ConfigureAwait(false))["in_force"]!;
            var (applied, verifiers) = ((int)receipt["applied"]!, (int)receipt["verifiers"]!);
            Calls.True(verifiers == 2 && applied == 2, $"{applied}/{verifiers}");
            return $"{applied}/{verifiers} APIs after {(long)receipt["ms"]!} ms";
        }).ConfigureAwait(false);
        await reporter.DetailedLineAsync("its open WebSocket is closed, and says why", async () =>
        {
            var reason = await open.UntilClosedAsync(cancellationToken).ConfigureAwait(false);
            Calls.True(reason == "4401 session_revoked", reason);
            return reason;
        }).ConfigureAwait(false);
        await reporter.LineAsync("both APIs refuse its token: 401", () => calls.ExpectAsync(laptop, Dead, cancellationToken))
            .ConfigureAwait(false);
        await reporter.DetailedLineAsync("its refresh is refused, and says why", () =>
            RefusedAsync(calls, laptop.RefreshToken, "ended", cancellationToken)).ConfigureAwait(false);
        await reporter.LineAsync("the phone is untouched, and goes on listening", async () =>
        {
            await calls.ExpectAsync(phone, Accepted, cancellationToken).ConfigureAwait(false);
            await other.HearAsync(cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private async Task LoseAndStealAsync(Calls calls, LoggedIn phone, CancellationToken cancellationToken)
    {
        reporter.Scene("The phone loses an answer, and then its old token is stolen");
        var (first, second) = (phone.RefreshToken, "");
        await reporter.LineAsync("it refreshes, and the answer is lost on the way", async () =>
            second = (await GoodAsync(calls, first, cancellationToken).ConfigureAwait(false))!).ConfigureAwait(false);
        await reporter.LineAsync("it repeats the refresh, and gets the very same successor", async () => Calls.True(
            await GoodAsync(
                calls, first, cancellationToken).ConfigureAwait(false) == second, "another one")).ConfigureAwait(false);
        await reporter.LineAsync("it goes on with that", () => GoodAsync(calls, second, cancellationToken)).ConfigureAwait(false);
        await reporter.DetailedLineAsync("a thief replays the first token: that ends the session", () =>
            RefusedAsync(calls, first, "reused", cancellationToken)).ConfigureAwait(false);
        await reporter.LineAsync("both APIs refuse the phone's token", () =>
            calls.UntilAsync(phone, Dead, meanwhile: Accepted, cancellationToken)).ConfigureAwait(false);
    }

    private async Task KillAsync(Calls calls, LoggedIn laptop, CancellationToken cancellationToken)
    {
        reporter.Scene("The Authority is killed with -9");
        var tablet = await calls.LogInAsync("tablet", cancellationToken).ConfigureAwait(false);
        await reporter.LineAsync("it is gone", () => processes.KillAuthorityAsync(cancellationToken)).ConfigureAwait(false);
        await reporter.LineAsync("both APIs go on: the tablet is served, the laptop is not", async () =>
        {
            await calls.ExpectAsync(tablet, Accepted, cancellationToken).ConfigureAwait(false);
            await calls.ExpectAsync(laptop, Dead, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await reporter.LineAsync("after their bound they say 503 and Retry-After, never 401", async () =>
        {
            await calls.UntilAsync(tablet, Unknown, meanwhile: Accepted, cancellationToken).ConfigureAwait(false);
            await calls.ExpectAsync(tablet, Unknown, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await reporter.LineAsync("what they know to be dead stays dead", () => calls.ExpectAsync(laptop, Dead,
            cancellationToken)).ConfigureAwait(false);

        reporter.Scene("It comes back");
        await reporter.LineAsync("it starts on the same data", () => processes.StartAuthorityAsync(cancellationToken))
            .ConfigureAwait(false);
        await reporter.DetailedLineAsync("it still knows that the laptop is out", () =>
            RefusedAsync(calls, laptop.RefreshToken, "ended", cancellationToken)).ConfigureAwait(false);
        await reporter.LineAsync("the tablet's refresh goes on", () =>
            GoodAsync(calls, tablet.RefreshToken, cancellationToken)).ConfigureAwait(false);
        await reporter.LineAsync("both APIs serve the tablet again, by themselves", () =>
            calls.UntilAsync(tablet, Accepted, meanwhile: Unknown, cancellationToken)).ConfigureAwait(false);
        await reporter.LineAsync("and the laptop is still out", () => calls.ExpectAsync(laptop, Dead, cancellationToken))
            .ConfigureAwait(false);
    }

    private static async Task<string?> GoodAsync(Calls calls, string refreshToken, CancellationToken cancellationToken)
    {
        var answer = await calls.RefreshAsync(refreshToken, cancellationToken).ConfigureAwait(false);
        return (string?)answer["refresh_token"] ?? throw new DemoFailedException(Said(answer));
    }

    private static async Task<string?> RefusedAsync(
        Calls calls, string refreshToken, string reason, CancellationToken cancellationToken)
    {
        var answer = await calls.RefreshAsync(refreshToken, cancellationToken).ConfigureAwait(false);
        Calls.True((string?)answer["error"] == "invalid_grant" && (string?)answer["reason"] == reason, Said(answer));
        return $"{reason}, {(string?)answer["explanation"]}";
    }

    // Never the tokens of an answer.
    private static string Said(JsonNode answer) => $"{answer["error"]} {answer["reason"]}".Trim() is { Length: > 0 } error
        ? error : "it was accepted";
}
