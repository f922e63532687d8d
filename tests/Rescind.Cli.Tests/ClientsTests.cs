using System.Text.Json.Nodes;
using Rescind.Cli.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

/// <summary>API clients: who may call, and with which secret.</summary>
public sealed class ClientsTests(RunningAuthority authority)
{
    [Fact]
    public async Task The_settings_of_an_API_are_printed_for_the_environment_and_for_appsettings_and_work_as_printed()
    {
        // An Authority of its own: what other tests are told of their verifiers must not count this API.
        await using var own = new RunningAuthority { IsAlone = true };
        await own.InitializeAsync();
        var added = (await own.RunAsync("clients", "add", "printed", "--scope", "feed", "--audience", "orders")).With(0);

        var environment = added.Out.Split('\n').Where(line => line.StartsWith("export ", StringComparison.Ordinal))
            .Select(line => line["export ".Length..].Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        var file = JsonNode.Parse(added.Out[added.Out.IndexOf('{', StringComparison.Ordinal)..])!["Rescind"]!.AsObject();
        environment.Keys.ShouldBe(["Rescind__Authority", "Rescind__Audience", "Rescind__ClientId", "Rescind__ClientSecret"]);
        file.ToDictionary(member => "Rescind__" + member.Key, member => (string)member.Value!).ShouldBe(environment);
        added.Error.ShouldContain("shown this once");
        (environment["Rescind__Authority"], environment["Rescind__Audience"]).ShouldBe((own.Url, "orders"));
        await AnApiStartsWithAsync(environment);
    }

    [Fact]
    public async Task A_program_gets_the_record_the_secret_and_the_settings_in_one_document()
    {
        var added = (await authority.RunAsync(
            "clients", "add", "documented", "--scope", "feed", "--scope", "introspect", "--origin",
            "https://app.example", "--json")).With(0);

        var secret = (string)added.Json["client_secret"]!;
        added.Json["scopes"]!.ToJsonString().ShouldBe("""["feed","introspect"]""");
        ((string?)added.Json["settings"]!["environment"]!["Rescind__ClientSecret"]).ShouldBe(secret);
        ((string?)added.Json["settings"]!["appsettings"]!["Rescind"]!["Audience"]).ShouldBe("documented");
        added.Error.ShouldBeEmpty();
        (await authority.RunAsAsync(("documented", secret), "verifiers")).With(0);
    }

    [Fact]
    public async Task A_record_is_listed_shown_changed_and_removed_and_its_secret_is_in_none_of_it()
    {
        var secret = (string)(await authority.RunAsync(
            "clients", "add", "kept", "--scope", "sessions revoke", "--clients", "web", "--issuers",
            "https://idp.example", "--json"))
            .With(0).Json["client_secret"]!;
        var listed = (await authority.RunAsync("clients", "list")).With(0);
        var shown = (await authority.RunAsync("clients", "show", "kept", "--json")).With(0);
        var changed = (await authority.RunAsync("clients", "set", "kept", "--scope", "revoke", "--clients", "", "--json"))
            .With(0);
        var removed = (await authority.RunAsync("clients", "remove", "kept", "--json")).With(0);

        listed.Out.ShouldContain("kept");
        shown.Json["scopes"]!.ToJsonString().ShouldBe("""["sessions","revoke"]""");
        changed.Json["scopes"]!.ToJsonString().ShouldBe("""["revoke"]""");
        changed.Json["clients"]!.AsArray().ShouldBeEmpty();
        changed.Json["issuers"]!.ToJsonString().ShouldBe("""["https://idp.example"]""");
        removed.Json["removed"]!.GetValue<bool>().ShouldBeTrue();
        new[] { listed, shown, changed, removed }
            .ShouldAllBe(ended => !(ended.Out + ended.Error).Contains(secret, StringComparison.Ordinal));
        (await authority.RunAsync("clients", "show", "kept")).With(5).Error.ShouldContain("RSC1403");
        (await authority.RunAsync("clients", "remove", "kept")).With(5);
        (await authority.RunAsAsync(("kept", secret), "keys", "list")).With(4);
    }

    [Fact]
    public async Task Another_secret_works_at_once_and_the_old_one_as_long_as_it_is_kept()
    {
        var first = await authority.AddClientAsync("rotated", "feed");
        var kept = (await authority.RunAsync("clients", "secret", "rotated", "--keep-old-for", "1d", "--json")).With(0).Json;
        (await authority.RunAsAsync(first, "verifiers")).With(0);
        var printed = (await authority.RunAsync("clients", "secret", "rotated")).With(0);

        kept["old_secret_until"].ShouldNotBeNull();
        printed.Out.ShouldContain("export Rescind__ClientSecret=");
        printed.Out.ShouldNotContain("Audience");
        (await authority.RunAsAsync(("rotated", (string)kept["client_secret"]!), "verifiers")).With(4);
    }

    [Fact]
    public async Task A_public_client_is_registered_without_a_secret()
    {
        var added = (await authority.RunAsync("clients", "add", "app", "--kind", "public", "--origin", "https://app.example"))
            .With(0);

        (added.Out + added.Error).ShouldNotContain("ecret");
        (await authority.RunAsync("clients", "add", "app", "--kind", "public")).With(1).Error.ShouldContain("RSC1402");
    }

    [Fact]
    public async Task Without_the_scope_no_client_is_listed_or_made()
    {
        var client = await authority.AddClientAsync("not-admin-clients", "feed");

        (await authority.RunAsAsync(client, "clients", "list")).With(4).Error.ShouldContain("Missing scope: admin");
        (await authority.RunAsAsync(client, "clients", "add", "more", "--scope", "admin")).With(4).Out.ShouldBeEmpty();
    }

    private static async Task AnApiStartsWithAsync(Dictionary<string, string> environment)
    {
        var url = FreeUrl.Next();
        await using var api = Child.Start(
            Places.Program, ["demo-api", "--urls", url], null,
            [("ASPNETCORE_ENVIRONMENT", "Development"), .. environment.Select(setting => (setting.Key, setting.Value))]);
        await api.UntilReadyAsync(url + "/health/ready");
    }
}
