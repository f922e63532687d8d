using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Clients;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Tests.Support;

/// <summary>A whole Authority on a real Kestrel and a real SQLite file in a folder of its own.</summary>
internal sealed class AuthorityHost : IAsyncDisposable
{
    public const string Issuer = "http://127.0.0.1:7070";

    private static readonly AuditContext Test = new("client:test", null, null);

    private readonly TemporaryFolder? _folder;
    private readonly WebApplication _app;

    private AuthorityHost(WebApplication app, TemporaryFolder? folder)
    {
        (_app, _folder) = (app, folder);
        var url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
#pragma warning disable CA2000 // The client disposes its handler.
        Http = new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = url };
#pragma warning restore CA2000
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public TokenIssuer Tokens => Get<TokenIssuer>();

    public RefreshTokens RefreshTokens => Get<RefreshTokens>();

    public IRevocationStore Revocations => Get<IRevocationStore>();

    public FeedTail Tail => Get<CommittedLog>().Tail;

    /// <summary>
    /// Starts one; in <paramref name="data"/> if it is to outlive this host, at <paramref name="url"/>, which is its
    /// issuer then, if somebody is to find it by that.
    /// </summary>
    public static async Task<AuthorityHost> StartAsync(
        Action<IServiceCollection>? configure = null, string? data = null, string? url = null)
    {
        var folder = data is null ? new TemporaryFolder() : null;
        var options =
            new ServeOptions { Urls = url ?? "http://127.0.0.1:0", Data = data ?? folder!.Path, Issuer = url ?? Issuer };
        var app = AuthorityServer.Create(options, builder =>
        {
            builder.Logging.ClearProviders();
            configure?.Invoke(builder.Services);
        });
        await app.StartAsync();
        return new(app, folder);
    }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Registers a client; a confidential one has the secret "secret of" and its id.</summary>
    public async Task<ClientRecord> AddClientAsync(string id, ClientKind kind = ClientKind.Confidential, params string[] scopes)
    {
        var record = new ClientRecord
        {
            ClientId = id, Kind = kind, Scopes = scopes,
            SecretHash = kind is ClientKind.Confidential ? ClientSecret.Hash(SecretOf(id)) : (ReadOnlyMemory<byte>?)null,
        };
        (await Get<ClientRegistry>().AddAsync(record, Test, CancellationToken.None)).ShouldBeTrue();
        return record;
    }

    public static string SecretOf(string id) => "secret of " + id;

    /// <summary>A bearer token of a new client that holds exactly <paramref name="scopes"/>.</summary>
    public async Task<string> BearerAsync(params string[] scopes)
    {
        var client = await AddClientAsync(Entropy.System.NextId(), ClientKind.Confidential, scopes);
        return Tokens.IssueFor(client, scopes, Tail.Head.Position).Text;
    }

    public async Task<Session> StartSessionAsync(
        string subject = "alice", string clientId = "web", string? scope = "orders.read orders.write")
    {
        var time = Get<TimeProvider>().GetUtcNow().ToUnixTimeSeconds();
        var salt = new byte[16];
        Entropy.System.Fill(salt);
        var row = new Session
        {
            Id = Entropy.System.NextId(), Subject = subject, ClientId = clientId, Audience = ["orders"], Scope = scope,
            CreatedAt = time, AuthenticatedAt = 0, LastRefreshedAt = time, Generation = 1, IdleExpiresAt = time + 14 * 86400,
            ExpiresAt = time + 90 * 86400, Started = default, RefreshKeyId = RefreshTokens.CurrentKeyId, Salt = salt,
        };
        var outcome = await Get<ISessionStore>().StartAsync(new() { Session = row, Audit = Test }, CancellationToken.None);
        outcome.Result.ShouldBe(StartResult.Started);
        return outcome.Session!;
    }

    public string AccessTokenOf(Session session) => Tokens.IssueFor(session, session.Started).Text;

    public OwnToken? Read(string accessToken) => Get<OwnTokens>().Read(accessToken);

    public Task<RevokeOutcome> RevokeAsync(
        Match match, Effect effect = Effect.End, long? second = null, string issuer = Issuer) => Revocations.RevokeAsync(
        new() { Issuer = issuer, Match = match, Effect = effect, Second = second, Reason = "test", Audit = Test },
        CancellationToken.None);

    /// <summary>Posts a form; <paramref name="basic"/> is the client that authenticates by header.</summary>
    public Task<Answer> PostFormAsync(string path, string form, string? basic = null, string? bearer = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded");
        request.Headers.Authorization = basic is not null
            ? Basic(basic, SecretOf(basic))
            : bearer is not null ? new("Bearer", bearer) : null;
        return SendAsync(request);
    }

    public Task<Answer> RefreshAsync(string refreshToken, string more = "") =>
        PostFormAsync("/token", $"grant_type=refresh_token&client_id=web&refresh_token={refreshToken}{more}");

    public Task<Answer> GetAsync(string path, string? bearer = null, CancellationToken cancellationToken = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = bearer is null ? null : new("Bearer", bearer);
        return SendAsync(request, cancellationToken);
    }

    public Task<Answer> PostJsonAsync(string path, string bearer, string json, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json")
        };
        request.Headers.Authorization = new("Bearer", bearer);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return SendAsync(request);
    }

    public Task<Answer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken = default) =>
        Answer.OfAsync(Http.SendAsync(request, cancellationToken));

    public static AuthenticationHeaderValue Basic(string id, string secret) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(
            $"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret)}")));

    /// <summary>Stops answering; the host is still to be disposed.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await StopAsync();
        await _app.DisposeAsync();
        _folder?.Dispose();
    }
}
