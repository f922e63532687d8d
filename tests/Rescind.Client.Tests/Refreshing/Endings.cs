using System.Net;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Refreshing;

/// <summary><c>invalid_grant</c> is final: said once, remembered, never asked again.</summary>
public sealed class Endings
{
    [Fact]
    public async Task An_ended_session_fails_every_call_with_reason_and_explanation_and_sends_nothing_more()
    {
        await using var world = await World.StartAsync();
        world.Server.IsEnded = true;
        world.ExpireToken();

        var first = await Should.ThrowAsync<SessionEndedException>(world.GetAsync());
        world.Time.Advance(TimeSpan.FromDays(1));
        var later = await Should.ThrowAsync<SessionEndedException>(world.GetAsync());

        (first.Code, first.End).ShouldBe(("RSC5102", new("reused", "rv_42")));
        later.End.ShouldBe(first.End);
        (world.Session.State, world.Session.End).ShouldBe((SessionState.Ended, first.End));
        (world.Server.Refreshes.Count, world.Server.Calls.Count).ShouldBe((1, 0));
        world.Store.Tokens.ShouldBeNull();
    }

    [Fact]
    public async Task The_end_is_told_once_however_many_calls_meet_it()
    {
        await using var world = await World.StartAsync();
        var ends = new List<SessionEnd>();
        world.Session.Ended += (_, ended) => ends.Add(ended.End);
        world.Server.IsEnded = true;
        world.Server.RefusedUpTo = 1;

        var calls = Enumerable.Range(0, 64).Select(_ => Should.ThrowAsync<SessionEndedException>(world.GetAsync()));
        await Task.WhenAll(calls);

        ends.ShouldBe([new("reused", "rv_42")]);
    }

    [Fact]
    public async Task A_handler_that_fails_is_logged_and_the_calls_are_told_all_the_same()
    {
        await using var world = await World.StartAsync();
        world.Session.Ended += (_, _) => throw new InvalidOperationException("a defect of the application");
        world.Server.IsEnded = true;
        world.ExpireToken();

        await Should.ThrowAsync<SessionEndedException>(world.GetAsync());

        world.Log.GetSnapshot().ShouldContain(line => line.Id.Id == 5108);
    }

    [Theory]
    [InlineData("dispose")]
    [InlineData("log out")]
    [InlineData("ask for a token")]
    public async Task A_handler_may_wait_for_what_it_does_with_the_session(string act)
    {
        await using var world = await World.StartAsync();
        var session = world.Session;
        var isDone = new List<bool>();
        session.Ended += (_, _) =>
        {
            Task work = act switch
            {
                "dispose" => session.DisposeAsync().AsTask(),
                "log out" => session.LogoutAsync(),
                _ => Should.ThrowAsync<SessionEndedException>(session.GetAccessTokenAsync().AsTask()),
            };
            isDone.Add(work.Wait(TimeSpan.FromSeconds(60)));
        };
        world.Server.IsEnded = true;
        world.ExpireToken();

        await Should.ThrowAsync<SessionException>(world.GetAsync());

        isDone.ShouldBe([true]);
    }

    [Fact]
    public async Task A_handler_may_log_in_again_for_the_calls_to_come()
    {
        await using var world = await World.StartAsync();
        var session = world.Session;
        session.Ended += (_, _) =>
            session.StartAsync(world.Server.LogIn(world.Time.GetUtcNow())).Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue();
        world.Server.IsEnded = true;
        world.ExpireToken();

        (await Should.ThrowAsync<SessionException>(world.GetAsync())).Code.ShouldBe("RSC5101");
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Log.GetSnapshot().ShouldNotContain(line => line.Id.Id == 5108);
    }

    [Theory]
    [InlineData("""{"error":"invalid_grant"}""", null, null)]
    [InlineData("""{"error":"invalid_grant","reason":"blocked","explanation":null}""", "blocked", null)]
    [InlineData("""{"error":"invalid_grant","reason":"a\nforged line","explanation":"rv_1 <b>"}""", null, null)]
    public async Task What_the_Authority_did_not_say_in_plain_names_is_not_passed_on(
        string body, string? reason, string? explanation)
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeRefresh = ScriptedServer.Say(400, body);
        world.ExpireToken();

        var ended = await Should.ThrowAsync<SessionEndedException>(world.GetAsync());

        ended.End.ShouldBe(new(reason, explanation));
    }

    [Fact]
    public async Task A_new_login_takes_the_place_of_an_ended_session()
    {
        await using var world = await World.StartAsync();
        world.Server.IsEnded = true;
        world.ExpireToken();
        await Should.ThrowAsync<SessionEndedException>(world.GetAsync());

        await world.Session.StartAsync(ScriptedServer.FirstTokens(world.Time.GetUtcNow()));

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        (world.Session.State, world.Session.End).ShouldBe((SessionState.Active, null));
    }

    [Fact]
    public async Task A_login_during_a_refresh_is_not_undone_by_the_end_of_the_session_before()
    {
        await using var world = await World.StartAsync();
        var answer = new TaskCompletionSource<bool>();
        world.Server.BeforeRefresh = _ => answer.Task;
        world.Server.IsEnded = true;
        world.ExpireToken();
        var call = world.GetAsync();
        await Eventually.Async(() => !world.Server.Refreshes.IsEmpty);

        await world.Session.StartAsync(ScriptedServer.FirstTokens(world.Time.GetUtcNow()));
        answer.SetResult(false);

        (await Should.ThrowAsync<SessionException>(call)).Code.ShouldBe("RSC5101");
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        (world.Session.State, world.Store.Tokens!.RefreshToken).ShouldBe((SessionState.Active, "rt_1"));
    }
}
