namespace Rescind.Cli.Demo;

/// <summary>The scenario, scene by scene. Alice has a laptop, a phone and a tablet.</summary>
internal sealed class DemoScenario(
    DemoProcesses processes, DemoReporter reporter, TimeProvider time, CancellationToken cancellation)
{
    public const string Audience = "demo";

    private const HttpStatusCode Accepted = HttpStatusCode.OK;
    private const HttpStatusCode Dead = HttpStatusCode.Unauthorized;
    private const HttpStatusCode Unknown = HttpStatusCode.ServiceUnavailable;

    public async Task RunAsync()
    {
        reporter.Scene("An Authority and two APIs");
        await reporter.LineAsync("the Authority is up, on embedded SQLite", processes.StartAuthorityAsync);
        await reporter.LineAsync("two API processes follow its log", processes.StartApisAsync);
        using var calls = new Calls(processes, time, cancellation);
        var (laptop, phone) = await LogInAsync(calls);
        await LogOutAsync(calls, laptop, phone);
        await LoseAndStealAsync(calls, phone);
        await KillAsync(calls, laptop);
    }

    private async Task<(LoggedIn Laptop, LoggedIn Phone)> LogInAsync(Calls calls)
    {
        reporter.Scene("Log in");
        LoggedIn laptop = null!, phone = null!;
        await reporter.LineAsync("alice logs in on her laptop and on her phone", async () =>
        {
            laptop = await calls.LogInAsync("laptop");
            phone = await calls.LogInAsync("phone");
        });
        await reporter.LineAsync("both APIs take both tokens, and ask nobody", async () =>
        {
            await calls.ExpectAsync(laptop, Accepted);
            await calls.ExpectAsync(phone, Accepted);
        });
        return (laptop, phone);
    }

    private async Task LogOutAsync(Calls calls, LoggedIn laptop, LoggedIn phone)
    {
        reporter.Scene("The laptop is lost");
        using var open = new LiveSocket(time, cancellation);
        using var other = new LiveSocket(time, cancellation);
        await reporter.LineAsync("laptop and phone listen on a WebSocket each, opened with their tokens", async () =>
        {
            await open.OpenAsync(processes.Apis[0], laptop);
            await other.OpenAsync(processes.Apis[0], phone);
            await open.HearAsync();
            await other.HearAsync();
        });
        await reporter.DetailedLineAsync("its session is revoked, and the receipt says where that is in force", async () =>
        {
            var receipt = (await calls.RevokeAsync(laptop, "laptop lost"))["in_force"]!;
            var (applied, verifiers) = ((int)receipt["applied"]!, (int)receipt["verifiers"]!);
            Calls.True(verifiers == 2 && applied == 2, $"{applied}/{verifiers}");
            return $"{applied}/{verifiers} APIs after {(long)receipt["ms"]!} ms";
        });
        await reporter.DetailedLineAsync("its open WebSocket is closed, and says why", async () =>
        {
            var reason = await open.UntilClosedAsync();
            Calls.True(reason == "4401 session_revoked", reason);
            return reason;
        });
        await reporter.LineAsync("both APIs refuse its token: 401", () => calls.ExpectAsync(laptop, Dead));
        await reporter.DetailedLineAsync("its refresh is refused, and says why", () =>
            RefusedAsync(calls, laptop.RefreshToken, "ended"));
        await reporter.LineAsync("the phone is untouched, and goes on listening", async () =>
        {
            await calls.ExpectAsync(phone, Accepted);
            await other.HearAsync();
        });
    }

    private async Task LoseAndStealAsync(Calls calls, LoggedIn phone)
    {
        reporter.Scene("The phone loses an answer, and then its old token is stolen");
        var (first, second) = (phone.RefreshToken, "");
        await reporter.LineAsync("it refreshes, and the answer is lost on the way", async () =>
            second = (await GoodAsync(calls, first))!);
        await reporter.LineAsync("it repeats the refresh, and gets the very same successor", async () =>
            Calls.True(await GoodAsync(calls, first) == second, "another one"));
        await reporter.LineAsync("it goes on with that", () => GoodAsync(calls, second));
        await reporter.DetailedLineAsync("a thief replays the first token: that ends the session", () =>
            RefusedAsync(calls, first, "reused"));
        await reporter.LineAsync("both APIs refuse the phone's token", () => calls.UntilAsync(phone, Dead, meanwhile: Accepted));
    }

    private async Task KillAsync(Calls calls, LoggedIn laptop)
    {
        reporter.Scene("The Authority is killed with -9");
        var tablet = await calls.LogInAsync("tablet");
        await reporter.LineAsync("it is gone", processes.KillAuthorityAsync);
        await reporter.LineAsync("both APIs go on: the tablet is served, the laptop is not", async () =>
        {
            await calls.ExpectAsync(tablet, Accepted);
            await calls.ExpectAsync(laptop, Dead);
        });
        await reporter.LineAsync("after their bound they say 503 and Retry-After, never 401", async () =>
        {
            await calls.UntilAsync(tablet, Unknown, meanwhile: Accepted);
            await calls.ExpectAsync(tablet, Unknown);
        });
        await reporter.LineAsync("what they know to be dead stays dead", () => calls.ExpectAsync(laptop, Dead));

        reporter.Scene("It comes back");
        await reporter.LineAsync("it starts on the same data", processes.StartAuthorityAsync);
        await reporter.DetailedLineAsync("it still knows that the laptop is out", () =>
            RefusedAsync(calls, laptop.RefreshToken, "ended"));
        await reporter.LineAsync("the tablet's refresh goes on", () => GoodAsync(calls, tablet.RefreshToken));
        await reporter.LineAsync("both APIs serve the tablet again, by themselves", () =>
            calls.UntilAsync(tablet, Accepted, meanwhile: Unknown));
        await reporter.LineAsync("and the laptop is still out", () => calls.ExpectAsync(laptop, Dead));
    }

    private static async Task<string?> GoodAsync(Calls calls, string refreshToken)
    {
        var answer = await calls.RefreshAsync(refreshToken);
        return (string?)answer["refresh_token"] ?? throw new DemoFailedException(Said(answer));
    }

    private static async Task<string?> RefusedAsync(Calls calls, string refreshToken, string reason)
    {
        var answer = await calls.RefreshAsync(refreshToken);
        Calls.True((string?)answer["error"] == "invalid_grant" && (string?)answer["reason"] == reason, Said(answer));
        return $"{reason}, {(string?)answer["explanation"]}";
    }

    // Never the tokens of an answer.
    private static string Said(JsonNode answer) => $"{answer["error"]} {answer["reason"]}".Trim() is { Length: > 0 } error
        ? error : "it was accepted";
}
