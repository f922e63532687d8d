using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Clients;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Tests.Support;

/// <summary>What a test changes of the application that the Authority is mapped in.</summary>
internal sealed record HostSetup
{
    /// <summary>The path that <c>MapRescind</c> is given.</summary>
    public string Prefix { get; init; } = "/auth";

    public string Issuer { get; init; } = "http://127.0.0.1:7070/auth";

    public Action<WebApplicationBuilder> Builder { get; init; } = static _ => { };

    /// <summary>The middleware of the application, in front of its routes.</summary>
    public Action<WebApplication> Pipeline { get; init; } = static _ => { };

    /// <summary>Where the Authority is mapped: the application itself, or a group of it.</summary>
    public Func<WebApplication, IEndpointRouteBuilder> Routes { get; init; } = static app => app;

    /// <summary>What the application asks of the routes.</summary>
    public Action<IEndpointConventionBuilder> Mapped { get; init; } = static _ => { };
}

/// <summary>An application of somebody else with an Authority in it, on a real Kestrel and a real SQLite file.</summary>
internal sealed class HostApp : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly WebApplication _app;

    private HostApp(WebApplication app, TemporaryFolder folder)
    {
        (_app, _folder) = (app, folder);
#pragma warning disable CA2000 // The client disposes its handler.
        Http =
            new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new(app.Urls.First()) };
#pragma warning restore CA2000
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<HostApp> StartAsync(HostSetup setup)
    {
        var folder = new TemporaryFolder();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["Rescind:Data"] = folder.Path;
        builder.Configuration["Rescind:Issuer"] = setup.Issuer;
        builder.Logging.ClearProviders();
        builder.Services.AddRescindAuthority();
        setup.Builder(builder);
        var app = builder.Build();
        setup.Pipeline(app);
        setup.Mapped(setup.Routes(app).MapRescind(setup.Prefix));
        await app.StartAsync();
        return new(app, folder);
    }

    /// <summary>A bearer token of a new client that holds exactly <paramref name="scopes"/>.</summary>
    public async Task<string> BearerAsync(params string[] scopes)
    {
        var client = new ClientRecord
        {
            ClientId = Entropy.System.NextId(), Kind = ClientKind.Confidential, Scopes = scopes,
            SecretHash = ClientSecret.Hash("secret"),
            Clients = ["web"],
        };
        await _app.Services.GetRequiredService<ClientRegistry>().AddAsync(client, AuditContext.System, CancellationToken.None);
        var head = _app.Services.GetRequiredService<CommittedLog>().Tail.Head.Position;
        return _app.Services.GetRequiredService<TokenIssuer>().IssueFor(client, scopes, head).Text;
    }

    /// <summary>Registers a public client with an origin.</summary>
    public Task AddShopAsync(string origin) => _app.Services.GetRequiredService<ClientRegistry>().AddAsync(
        new() { ClientId = "shop", Kind = ClientKind.Public, Origins = [origin], Scopes = [] }, AuditContext.System,
        CancellationToken.None);

    public Task<Answer> CallAsync(
        string method, string path, string? bearer = null, string? form = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new(method), path);
        request.Headers.Authorization = bearer is null ? null : new("Bearer", bearer);
        request.Content = form is null ? null : new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Answer.OfAsync(Http.SendAsync(request));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}
