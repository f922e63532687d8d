using Rescind.Cli.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

public sealed class ServeTests(RunningAuthority authority)
{
    [Fact]
    public void It_says_one_line_with_everything_but_the_secret()
    {
        authority.StartLine.Count(letter => letter == '\n').ShouldBe(1);
        authority.StartLine.ShouldContain(authority.Url);
        authority.StartLine.ShouldContain(Path.Combine(authority.Data, "admin.json"));
        authority.StartLine.ShouldNotContain(authority.Secret);
    }

    [Theory]
    [InlineData("--store", "postgres://db")]
    [InlineData("--urls", "http://0.0.0.0:0")]
    [InlineData("--issuer", "https://auth.example.com")]
    [InlineData("--issuer", "not a url")]
    public async Task It_refuses_to_start_unsafely_and_names_the_key(string option, string value)
    {
        using var folder = new Folder();

        var ended = await Child.RunAsync(
            ["serve", "--data", Path.Combine(folder.Path, "data"), "--urls", FreeUrl.Next(), option, value]);

        if (ended.Code != 2)
        {
            ended.With(1).Error.ShouldContain("Rescind:");
        }

        ended.Out.ShouldBeEmpty();
        ended.Error.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_settings_file_of_the_current_folder_talks_it_into_nothing()
    {
        const string unsafely =
            "\"AllowPlainHttpBehindReverseProxyThatTerminatesTls\":true,\"AdminSecret\":\"somebody else knows this secret\"";
        using var folder = new Folder();
        var planted = Directory.CreateDirectory(Path.Combine(folder.Path, "planted")).FullName;
        foreach (var (where, settings) in new[] { (folder.Path, $"\"Data\":\"planted\",{unsafely}"), (planted, unsafely) })
        {
            await File.WriteAllTextAsync(
                Path.Combine(where, "appsettings.json"), $"{{\"Rescind\":{{{settings}}}}}",
                TestContext.Current.CancellationToken);
        }

        var ended = await Child.RunAsync(
            ["serve", "--urls", "http://0.0.0.0:0", "--issuer", "https://auth.example.com"], folder: folder.Path);

        ended.With(1).Error.ShouldContain("RSC1002");
        Directory.GetFiles(planted).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_second_process_on_the_same_data_is_refused()
    {
        var ended = (await Child.RunAsync(["serve", "--data", authority.Data, "--urls", FreeUrl.Next()])).With(1);

        ended.Out.ShouldBeEmpty();
        ended.Error.ShouldContain("RSC1006 ");
        ended.Error.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task SIGTERM_ends_it_with_0_and_another_issuer_is_refused_afterwards()
    {
        using var folder = new Folder();
        var (url, data) = (FreeUrl.Next(), Path.Combine(folder.Path, "data"));
        await using (var server = Child.Start(Places.Program, ["serve", "--json", "--data", data, "--urls", url]))
        {
            await server.UntilReadyAsync(url + "/health/ready");
            await server.UntilAsync(() => Task.FromResult(server.Out.Length > 0));
            await server.SignalAsync("TERM");
            var ended = (await server.EndAsync()).With(0);
            ((string)ended.Json["issuer"]!).ShouldBe(url);
        }

        (await Child.RunAsync(["serve", "--data", data, "--urls", FreeUrl.Next()])).With(1).Error.ShouldContain("RSC1003 ");
    }
}
