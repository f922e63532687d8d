using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority;
using Rescind.Authority.Clients;
using Rescind.Authority.Feeding;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Benchmarks.Scale;

/// <summary>An Authority to which so many verifiers are known, each of which is live and polls when it is told to.</summary>
internal sealed class KnownFollowers : IAsyncDisposable
{
    public const string Issuer = "http://127.0.0.1:7070";

    private const string Client = "followers";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly string? _folder;
    private readonly FeedServer _server;
    private readonly FollowerIdentity[] _followers;

    private KnownFollowers(WebApplication app, string? folder, int count)
    {
        (_app, _folder, _server) = (app, folder, app.Services.GetRequiredService<FeedServer>());
        _followers = [.. Enumerable.Range(0, count).Select(i => new FollowerIdentity("orders", $"{i}", Bound, "1.0.0"))];
#pragma warning disable CA2000 // The client disposes its handler.
        Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 20_000 }) { BaseAddress = new(app.Urls.First()) };
#pragma warning restore CA2000
    }

    public int Count => _followers.Length;

    public HttpClient Http { get; }

    public LogHead Head => Get<CommittedLog>().Tail.Head;

    /// <summary>Starts one on what is in <paramref name="data"/>, or on nothing.</summary>
    public static async Task<KnownFollowers> StartAsync(int count, string? data = null)
    {
        var folder = data is null ? Directory.CreateTempSubdirectory("rescind-scale-").FullName : null;
        var app = AuthorityServer.Create(
            new() { Urls = "http://127.0.0.1:0", Data = data ?? folder, Issuer = Issuer },
            static builder => builder.Logging.ClearProviders());
        await app.StartAsync();
        var record = new ClientRecord
        {
            ClientId = Client, Kind = ClientKind.Confidential, Scopes = ["feed"],
            SecretHash = ClientSecret.Hash("secret"), Verifiers = 20_000,
        };
        await app.Services.GetRequiredService<ClientRegistry>().AddAsync(record, AuditContext.System, CancellationToken.None);
        var followers = new KnownFollowers(app, folder, count);
        followers.Http.DefaultRequestHeaders.Authorization = new(
            "Bearer", app.Services.GetRequiredService<TokenIssuer>().IssueFor(record, ["feed"], followers.Head.Position).Text);
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => followers.PollAsync(i, TimeSpan.Zero)));
        return followers;
    }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Polls after the head, as the endpoint does; which acknowledges it.</summary>
    public Task<FeedAnswer> PollAsync(int follower, TimeSpan wait) => PollAsync(follower, wait, Head);

    public Task<FeedAnswer> PollAsync(int follower, TimeSpan wait, LogHead after) => _server.AnswerAsync(
        Client,
        "127.0.0.1",
        new()
        {
            Epoch = after.Epoch, After = after.Position, Chain = after.Chain, Wait = wait, Nonce = "n",
            Follower = _followers[follower],
        },
        CancellationToken.None,
        CancellationToken.None);

    /// <summary>The same over HTTP, until the whole answer came.</summary>
    public async Task PollOverHttpAsync(int follower, TimeSpan wait)
    {
        var (head, one) = (Head, _followers[follower]);
        using var answer = await Http.GetAsync(
            $"/v1/feed?epoch={head.Epoch}&after={head.Position}&chain={head.Chain}&wait={wait.TotalSeconds}&nonce=n"
            + $"&verifier={one.Name}&instance={one.Instance}&bound={Bound.TotalSeconds}&version={one.Version}");
        answer.EnsureSuccessStatusCode();
        await answer.Content.ReadAsByteArrayAsync();
    }

    /// <summary>Processor time of the process, in microseconds.</summary>
    public static double Processor => Process.GetCurrentProcess().TotalProcessorTime.TotalMicroseconds;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
