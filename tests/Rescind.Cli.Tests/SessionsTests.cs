using Rescind.Cli.Tests.Support;

namespace Rescind.Cli.Tests;

public sealed class SessionsTests(RunningAuthority authority)
{
    [Fact]
    public async Task The_json_document_of_a_start_has_the_tokens_and_the_lines_for_people_have_none()
    {
        var document = await authority.StartSessionAsync("sessions-start");
        var lines = (await authority.RunAsync("sessions", "start", "sessions-start", "--audience", "orders")).With(0);

        ((string)document["access_token"]!).ShouldStartWith("ey");
        ((string)document["refresh_token"]!).ShouldStartWith("rt_");
        (lines.Out + lines.Error).ShouldNotContain("rt_");
        (lines.Out + lines.Error).ShouldNotContain("eyJ");
        lines.Out.ShouldContain("sessions-start");
    }

    [Fact]
    public async Task A_session_is_listed_shown_and_ended()
    {
        var id = (string)(await authority.StartSessionAsync("sessions-life", "--device", "Bob's phone"))["session_id"]!;

        (await authority.RunAsync("sessions", "list", "--subject", "sessions-life")).With(0).Out.ShouldContain(id);
        (await authority.RunAsync("sessions", "end", id)).With(0);
        (await authority.RunAsync("sessions", "end", id)).With(0);
        var shown = (await authority.RunAsync("sessions", "show", id, "--json")).With(0).Json;
        var listed = (await authority.RunAsync("sessions", "list", "--subject", "sessions-life", "--state", "active", "--json"))
            .With(0).Json;

        ((string)shown["state"]!).ShouldBe("ended");
        ((string)shown["ended_by"]!).ShouldStartWith("rv_");
        ((string)shown["device"]!["name"]!).ShouldBe("Bob's phone");
        listed["sessions"]!.AsArray().Count.ShouldBe(0);
        (await authority.RunAsync("sessions", "show", id)).With(0).Out.ShouldContain("ended");
    }

    [Theory]
    [InlineData("show")]
    [InlineData("end")]
    public async Task A_session_that_never_was_ends_with_5(string verb)
    {
        var ended = (await authority.RunAsync("sessions", verb, "AAAAAAAAAAAAAAAAAAAAAA")).With(5);

        ended.Out.ShouldBeEmpty();
        ended.Error.ShouldContain("RSC");
    }

    [Fact]
    public async Task What_the_Authority_refuses_ends_with_1_and_its_code()
    {
        var ended = (await authority.RunAsync("sessions", "start", "alice", "--audience", "orders", "--client", "nobody"))
            .With(1);

        ended.Error.ShouldContain("RSC");
    }

    [Fact]
    public async Task Text_of_a_stranger_cannot_steer_the_terminal()
    {
        await authority.StartSessionAsync("sessions-hostile", "--device", "\u001b[2J[red]x[/]\u202Ey");

        var list = (await authority.RunAsync("sessions", "list", "--subject", "sessions-hostile")).With(0).Out;

        list.ShouldNotContain("\u001b");
        list.ShouldNotContain("\u202E");
        list.ShouldContain("[red]x[/]");
    }

    [Fact]
    public async Task Nothing_piped_has_colours()
    {
        var list = (await authority.RunAsync("sessions", "list")).With(0);

        (list.Out + list.Error).ShouldNotContain("\u001b");
    }
}
