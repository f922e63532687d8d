using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests;

/// <summary>Where a server's settings come from, and what no setting talks it out of.</summary>
public sealed class AuthorityServerTests : IDisposable
{
    private readonly TemporaryFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Settings_lie_in_the_data_directory()
    {
        var options = await StartedWithAsync("""{"Rescind":{"AccessTokenLifetime":"00:01:00"}}""");
        options.AccessTokenLifetime.ShouldBe(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task What_was_told_on_the_command_line_wins()
    {
        var options = await StartedWithAsync("""{"Rescind":{"Issuer":"http://127.0.0.1:1"}}""");
        options.Issuer.ShouldBe(AuthorityHost.Issuer);
    }

    [Fact]
    public async Task A_file_cannot_move_the_directory_that_it_lies_in()
    {
        var options = await StartedWithAsync("""{"Rescind":{"Data":"elsewhere"}}""");
        options.DataDirectory.ShouldBe(_data.Path);
    }

    [Theory]
    [InlineData("http://192.0.2.1:7070")]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("")]
    public void An_endpoint_of_Kestrels_own_section_is_held_to_TLS_like_any_URL(string url)
    {
        var endpoints = new { Safe = new { Url = "https://127.0.0.1:0" }, Other = new { Url = url } };
        Write(JsonSerializer.Serialize(new { Kestrel = new { Endpoints = endpoints } }));

        Should.Throw<InvalidOperationException>(() => AuthorityServer.Create(
            new() { Urls = "https://127.0.0.1:0", Data = _data.Path, Issuer = "https://auth.example" })).Message.ShouldContain("RSC1002");
    }

    private async Task<AuthorityOptions> StartedWithAsync(string settings)
    {
        Write(settings);
        await using var app = AuthorityServer.Create(new() { Urls = "http://127.0.0.1:0", Data = _data.Path, Issuer = AuthorityHost.Issuer });
        return app.Services.GetRequiredService<IOptions<AuthorityOptions>>().Value;
    }

    private void Write(string settings) => File.WriteAllText(Path.Combine(_data.Path, "appsettings.json"), settings);
}
