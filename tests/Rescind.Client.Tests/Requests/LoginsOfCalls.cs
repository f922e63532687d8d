using System.Net;
using System.Text;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Requests;

/// <summary>
/// A call is of the login that there is when it is made: whoever logs in while it waits, it is not sent in that person's name.
/// </summary>
public sealed class LoginsOfCalls
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_waits_for_a_refresh_is_not_sent_for_who_logs_in_meanwhile(bool logsOut)
    {
        await using var world = await World.StartAsync();
        var goOn = HoldRefreshes(world);
        var call = PayAsync(world);
        var token = world.Session.GetAccessTokenAsync().AsTask();
        await Eventually.Async(() => world.Server.UnderWay == 1);
        if (logsOut)
        {
            await world.Session.LogoutAsync();
        }

        var next = world.Server.LogIn(world.Time.GetUtcNow());
        await world.Session.StartAsync(next);
        goOn.SetResult();

        await ShouldBeRefusedAsync(call);
        await ShouldBeRefusedAsync(token);
        world.Server.Calls.ShouldBeEmpty();
        await ShouldBeSentWithAsync(world, next);
    }

    [Fact]
    public async Task A_call_that_waits_for_a_refresh_is_not_sent_for_who_logs_in_in_another_process()
    {
        await using var world = await World.StartAsync();
        var goOn = HoldRefreshes(world);
        var call = PayAsync(world);
        await Eventually.Async(() => world.Server.UnderWay == 1);
        await using var other = new RescindSession(world.Options());
        var next = world.Server.LogIn(world.Time.GetUtcNow());
        await other.StartAsync(next);
        goOn.SetResult();

        await ShouldBeRefusedAsync(call);
        world.Server.Calls.ShouldBeEmpty();
        await ShouldBeSentWithAsync(world, next);
    }

    [Fact]
    public async Task A_call_is_not_sent_for_who_has_logged_in_in_another_process_unnoticed()
    {
        await using var world = await World.StartAsync();
        await using var other = new RescindSession(world.Options());
        world.ExpireToken();
        var next = world.Server.LogIn(world.Time.GetUtcNow());
        await other.StartAsync(next);

        await ShouldBeRefusedAsync(PayAsync(world));
        world.Server.Calls.ShouldBeEmpty();
        await ShouldBeSentWithAsync(world, next);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_whose_body_is_long_in_coming_is_not_sent_for_who_logs_in_meanwhile(bool logsOut)
    {
        await using var world = await World.StartAsync();
        var body = new SlowBody();
        var call = world.Http.PostAsync("/payments", new StreamContent(body));
        await body.IsAwaited;
        if (logsOut)
        {
            await world.Session.LogoutAsync();
        }

        var next = world.Server.LogIn(world.Time.GetUtcNow());
        await world.Session.StartAsync(next);
        body.Come();

        await ShouldBeRefusedAsync(call);
        world.Server.Calls.ShouldBeEmpty();
        await ShouldBeSentWithAsync(world, next);
    }

    [Fact]
    public async Task A_call_made_before_the_store_was_read_is_not_sent_for_who_logs_in_meanwhile()
    {
        await using var world = await World.StartAsync();
        var (asked, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var restarted = world.Open();
        world.Store.BeforeLoad = () =>
        {
            asked.TrySetResult();
            return goOn.Task;
        };
        var call = PayAsync(world);
        await asked.Task;
        var next = world.Server.LogIn(world.Time.GetUtcNow());
        var login = restarted.StartAsync(next);
        var late = PayAsync(world);
        goOn.SetResult();
        await login;

        var codes = await Task.WhenAll(OutcomeAsync(call), OutcomeAsync(late));

        world.Server.Calls.ShouldNotContain($"Bearer {next.AccessToken}");
        codes.ShouldBeSubsetOf(["OK", "RSC5101"]);
        await ShouldBeSentWithAsync(world, next);
    }

    [Fact]
    public async Task A_call_whose_session_ends_is_not_sent_for_who_logs_in_from_its_handler()
    {
        await using var world = await World.StartAsync();
        SessionTokens? next = null;
        world.Session.Ended += (_, _) =>
        {
            next = world.Server.LogIn(world.Time.GetUtcNow());
            world.Session.StartAsync(next).GetAwaiter().GetResult();
        };
        world.Server.IsEnded = true;
        world.ExpireToken();

        await ShouldBeRefusedAsync(PayAsync(world));
        world.Server.Calls.ShouldBeEmpty();
        await ShouldBeSentWithAsync(world, next!);
    }

    private static TaskCompletionSource HoldRefreshes(World world)
    {
        var goOn = new TaskCompletionSource();
        world.ExpireToken();
        world.Server.BeforeRefresh = async _ =>
        {
            await goOn.Task;
            return false;
        };
        return goOn;
    }

    private static Task<HttpResponseMessage> PayAsync(World world) =>
        world.Http.PostAsync("/payments", new StringContent("Alice pays"));

    private static async Task ShouldBeRefusedAsync(Task call) =>
        (await Should.ThrowAsync<SessionException>(call)).Code.ShouldBe("RSC5101");

    private static async Task<string> OutcomeAsync(Task<HttpResponseMessage> call)
    {
        try
        {
            return (await call).StatusCode.ToString();
        }
        catch (SessionException failure)
        {
            return failure.Code;
        }
    }

    private static async Task ShouldBeSentWithAsync(World world, SessionTokens tokens)
    {
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.Calls.Last().ShouldBe($"Bearer {tokens.AccessToken}");
    }

    private sealed class SlowBody() : MemoryStream(Encoding.UTF8.GetBytes("Alice pays"))
    {
        private readonly TaskCompletionSource _isAwaited = new();
        private readonly TaskCompletionSource _hasCome = new();

        public Task IsAwaited => _isAwaited.Task;

        public void Come() => _hasCome.SetResult();

        public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
        {
            _isAwaited.TrySetResult();
            await _hasCome.Task;
            await base.CopyToAsync(destination, bufferSize, cancellationToken);
        }
    }
}
