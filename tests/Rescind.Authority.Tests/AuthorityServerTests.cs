using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
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
            new() { Urls = "https://127.0.0.1:0", Data = _data.Path, Issuer = "https://auth.example" })).Message
                .ShouldContain("RSC1002");
    }

    [Fact]
    public async Task Limits_of_Kestrels_own_section_hold_beside_ours()
    {
        Write(Production(
            """
            {"MaxConcurrentConnections":7,"KeepAliveTimeout":"00:00:09","MaxRequestLineSize":4096,
            "Http2":{"MaxStreamsPerConnection":5}}
            """));
        await using var app = AuthorityServer.Create(
            new() { Urls = "http://127.0.0.1:0", Data = _data.Path, Issuer = "https://auth.example" });

        var limits = app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        (limits.MaxConcurrentConnections, limits.KeepAliveTimeout, limits.MaxRequestLineSize,
            limits.Http2.MaxStreamsPerConnection)
            .ShouldBe((7L, TimeSpan.FromSeconds(9), 4096, 5));
        limits.MaxRequestHeadersTotalSize.ShouldBe(16 * 1024);
    }

    [Theory]
    [InlineData("Max open files            1024                 524288               files     ", 512L)]
    [InlineData("Max open files            256                  256                  files     ", 128L)]
    [InlineData("Max open files            524288               524288               files     ", 523776L)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             96000                96000                processes ", null)]
    public void Connections_leave_files_to_be_opened_for_everything_else(string limits, long? connections) =>
        OpenFiles.MaxConnectionsUnder(["Limit                     Soft Limit           Hard Limit           Units     ", limits])
            .ShouldBe(connections);

    [Theory]
    [InlineData("""{"MaxConcurrentConnections":"many"}""")]
    [InlineData("""{"MaxConcurrentConnections":-1}""")]
    [InlineData("""{"Http2":{"MaxStreamsPerConnection":0}}""")]
    public void A_limit_that_is_none_is_refused_at_the_start(string limits)
    {
        Write(Production(limits));

        Should.Throw<InvalidOperationException>(() => AuthorityServer.Create(
            new() { Urls = "http://127.0.0.1:0", Data = _data.Path, Issuer = "https://auth.example" })).Message
                .ShouldContain("Kestrel:Limits");
    }

    private static string Production(string limits) =>
        """{"Rescind":{"AllowPlainHttpBehindReverseProxyThatTerminatesTls":true},"Kestrel":{"Limits":""" + limits + "}}";

    private async Task<AuthorityOptions> StartedWithAsync(string settings)
    {
        Write(settings);
        await using var app = AuthorityServer.Create(
            new() { Urls = "http://127.0.0.1:0", Data = _data.Path, Issuer = AuthorityHost.Issuer });
        return app.Services.GetRequiredService<IOptions<AuthorityOptions>>().Value;
    }

    private void Write(string settings) => File.WriteAllText(Path.Combine(_data.Path, "appsettings.json"), settings);
}
