using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Rescind.Client.Tests.Support;

/// <summary>
/// A scripted server, a session with it on a clock that the test moves, and an HttpClient whose calls it makes.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    private readonly List<RescindSession> _sessions = [];

    private World(ScriptedServer server) => Server = server;

    public ScriptedServer Server { get; }

    public SettableTime Time { get; } = new(new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));

    public DurableTokens Store { get; } = new();

    public FakeLogCollector Log { get; } = new();

    /// <summary>What chance says; 0.5 is neither early nor late.</summary>
    public Func<double> Chance { get; set; } = () => 0.5;

    public RescindSession Session { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    /// <summary>A world with a session that has just been started, or, with <paramref name="start"/> false, with none.</summary>
    public static async Task<World> StartAsync(Action<RescindSessionOptions>? configure = null, bool start = true)
    {
        var world = new World(await ScriptedServer.StartAsync());
        world.Open(configure);
        if (start)
        {
            await world.Session.StartAsync(ScriptedServer.FirstTokens(world.Time.GetUtcNow()));
        }

        return world;
    }

    /// <summary>A further process on the same store, or the same one after a crash.</summary>
    public RescindSession Open(Action<RescindSessionOptions>? configure = null, HttpMessageHandler? inner = null)
    {
        var options = Options();
        configure?.Invoke(options);
        Session = new(options, new(() => Chance()));
        _sessions.Add(Session);
        Http = new(new RescindSessionHandler(Session, inner ?? new SocketsHttpHandler())) { BaseAddress = new(Server.Url) };
        return Session;
    }

    public RescindSessionOptions Options() => new()
    {
        // The request's limit is far away: the clock is moved while requests of real time are under way.
        Authority = Server.Url, ClientId = "web", Origins = { Server.Url }, TokenStore = Store, TimeProvider = Time,
        RequestTimeout = TimeSpan.FromMinutes(5),
        LoggerFactory = LoggerFactory.Create(
            logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(Log))),
    };

    public void ExpireToken() => Time.Advance(TimeSpan.FromSeconds(ScriptedServer.ExpiresIn));

    /// <summary>Moves the clock on until the work is done.</summary>
    public async Task<T> RunAsync<T>(Task<T> work)
    {
        while (!work.IsCompleted)
        {
            await Task.WhenAny(work, Task.Delay(2));
            Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        return await work;
    }

    /// <summary>
    /// Completes when no refresh is under way, on either side. The clock leaps over minutes while requests take
    /// milliseconds: one that it leapt over would reach the server when its client had long given it up and gone on.
    /// </summary>
    public async Task SettleAsync()
    {
        await RunAsync(Task.Run(async () =>
        {
            await (Session.Live?.StoppedAsync() ?? Task.CompletedTask);
            return true;
        }));
        while (Server.UnderWay > 0)
        {
            await Task.Delay(1);
        }
    }

    public Task<HttpResponseMessage> GetAsync() => Http.GetAsync("/orders");

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _sessions)
        {
            await session.DisposeAsync();
        }

        await Server.DisposeAsync();
    }
}
