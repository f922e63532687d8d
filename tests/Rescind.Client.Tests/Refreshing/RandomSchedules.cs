using System.Net;
using Microsoft.AspNetCore.Http;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Refreshing;

/// <summary>
/// Losses, delays, refusals, failing stores, clocks that are set and crashes from one seed: none of them ends a living
/// session, which would happen as soon as a refresh token is presented whose successor has been used. And logouts and
/// logins while refreshes are under way, of two processes on one store: none is undone.
/// </summary>
public sealed class RandomSchedules
{
    private const int Steps = 60;

    public static TheoryData<int> Seeds =>
        [.. Enumerable.Range(1, Environment.GetEnvironmentVariable("RESCIND_FULL") is null ? 8 : 100)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Nothing_that_goes_wrong_on_the_way_ends_a_living_session(int seed)
    {
        var dice = new Random(seed);
        await using var world = await World.StartAsync();
        world.Chance = () => Roll(dice, 1000) / 1000.0;
        world.Server.BeforeRefresh = context => Misfortune(dice, context, 10);
        world.Server.AfterRefresh = context => Misfortune(dice, context, 20);
        world.Store.BeforeSave = world.Store.AfterSave = () => Roll(dice, 6) == 0 ? DurableTokens.Fail() : Task.CompletedTask;

        for (var step = 0; step < Steps; step++)
        {
            await StepAsync(world, dice);
            world.Server.IsEnded.ShouldBeFalse($"seed {seed}, step {step}");
        }

        (world.Server.BeforeRefresh, world.Server.AfterRefresh, world.Store.BeforeSave, world.Store.AfterSave) =
            (null, null, null, null);

        await world.SettleAsync();
        world.Time.Advance(TimeSpan.FromMinutes(10));
        (await world.RunAsync(CallAsync(world, mayBeRefused: false))).ShouldBeTrue($"seed {seed}");
        world.Server.Generation.ShouldBeGreaterThan(5);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Neither_a_logout_nor_a_login_is_undone_by_a_refresh_that_ends_late(int seed)
    {
        var dice = new Random(seed);
        await using var world = await World.StartAsync(Impatient);
        world.Server.BeforeRefresh = world.Server.AfterRefresh = _ => HesitateAsync(dice);
        world.Store.BeforeLoad = world.Store.BeforeSave = world.Store.BeforeClear = () => HesitateAsync(dice);
        RescindSession[] processes = [world.Session, world.Open(Impatient)];

        for (var step = 0; step < Steps; step++)
        {
            // Ended ones begin anew from what is stored.
            processes = [.. processes.Select(one => one.State is SessionState.Active ? one : world.Open(Impatient))];
            world.Time.Advance(TimeSpan.FromSeconds(ScriptedServer.ExpiresIn + Roll(dice, 60)));
            Task[] refreshes = [.. processes.Select(TryTakeAsync)];
            await HesitateAsync(dice);
            var tokens = Roll(dice, 2) == 0 ? null : world.Server.LogIn(world.Time.GetUtcNow());
            var process = processes[Roll(dice, processes.Length)];
            await (tokens is null ? process.LogoutAsync() : process.StartAsync(tokens));
            await Task.WhenAll(refreshes);

            var stored = world.Store.Tokens;
            var isOfLogin = tokens is not null && stored is not null
                && ScriptedServer.GenerationOf(stored.RefreshToken) >= ScriptedServer.GenerationOf(tokens.RefreshToken);

            // A process may not have seen the login of the other one yet: it then logs out the session before, and that alone.
            (tokens is null ? stored is null == world.Server.IsEnded : isOfLogin).ShouldBeTrue(
                $"seed {seed}, step {step}: {stored?.RefreshToken} for {tokens?.RefreshToken}");
        }
    }

    private static void Impatient(RescindSessionOptions options) => options.RefreshLimit = TimeSpan.Zero;

    private static async Task TryTakeAsync(RescindSession session)
    {
        try
        {
            await session.GetAccessTokenAsync();
        }
        catch (SessionException)
        {
            // Nobody is logged in, or no more.
        }
    }

    private static async Task<bool> HesitateAsync(Random dice)
    {
        for (var turns = Roll(dice, 4); turns > 0; turns--)
        {
            await Task.Delay(1);
        }

        return false;
    }

    private static async Task StepAsync(World world, Random dice)
    {
        await world.SettleAsync();
        world.Time.Advance(TimeSpan.FromSeconds(Roll(dice, 200)));
        var happening = Roll(dice, 8);
        switch (happening)
        {
            case 0:
                world.Server.RefusedUpTo = world.Server.AccessTokens;
                break;
            case 1:
                // A crash between two calls: what was stored is all that is left.
                await world.Session.DisposeAsync();
                await world.SettleAsync();
                world.Open();
                break;
            case 2:
                world.Time.Set(TimeSpan.FromMinutes(Roll(dice, 120) - 60));
                break;
            default:
                break;
        }

        await world.RunAsync(Task.WhenAll(Enumerable.Range(0, 1 + Roll(dice, 8)).Select(_ => CallAsync(world, happening == 0))));
    }

    // Where tokens are refused, one whose answer was still under way may be among them: a call is repeated once, not twice.
    private static async Task<bool> CallAsync(World world, bool mayBeRefused)
    {
        try
        {
            var status = (await world.GetAsync()).StatusCode;
            (status is HttpStatusCode.OK || (mayBeRefused && status is HttpStatusCode.Unauthorized)).ShouldBeTrue($"{status}");
            return true;
        }
        catch (RefreshFailedException)
        {
            world.Session.State.ShouldBe(SessionState.Active);
            return false;
        }
    }

    private static async Task<bool> Misfortune(Random dice, HttpContext context, int sides) => Roll(dice, sides) switch
    {
        0 => await ScriptedServer.Lose(context),
        1 => await ScriptedServer.Say(503, """{"error":"temporarily_unavailable"}""", headers: ("Retry-After", "2"))(context),
        2 => await ScriptedServer.Say(500)(context),
        3 => await ScriptedServer.Say(200, "<html>Please log in to the airport</html>", "text/html")(context),
        4 => await ScriptedServer.Say(429, headers: ("Retry-After", "1"))(context),
        5 => await Task.Delay(5).ContinueWith(_ => false, TaskScheduler.Default),
        _ => false,
    };

    private static int Roll(Random dice, int sides)
    {
        lock (dice)
        {
            return dice.Next(sides);
        }
    }
}
