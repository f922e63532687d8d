using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Connections;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Tests.Support;

/// <summary>
/// Live connections over a replica that follows a <see cref="FakeLog"/> one step at a time, under a clock that only the
/// test moves.
/// </summary>
internal sealed class WatchedReplica
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    private readonly FollowedReplica _followed;
    private int _made;

    public WatchedReplica(Action<LiveConnectionOptions>? configure = null)
    {
        _followed = new(Log, Bound, Bound);
        var options = new VerifierOptions { MaxStaleness = Bound };
        configure?.Invoke(options.Connections);
        var given = Options.Create(options);
        var renewals = new Renewals(new ServiceCollection().BuildServiceProvider().GetRequiredService<IServiceScopeFactory>());
        Connections = new(
            _followed.Held,
            new(given),
            new(_followed.Time, Entropy.System),
            renewals,
            given,
            NullLogger<LiveConnections>.Instance);
    }

    public FakeLog Log { get; } = new();

    public LiveConnections Connections { get; }

    public static async Task<WatchedReplica> StartAsync(Action<LiveConnectionOptions>? configure = null)
    {
        var watched = new WatchedReplica(configure);
        await watched._followed.BecomeReadyAsync();
        return watched;
    }

    /// <summary>A connection of <paramref name="session"/> whose token was found valid; not watched yet.</summary>
    public ScriptedConnection Open(string session, int seconds = 300, int loginAge = 10, Func<Task>? instead = null)
    {
        var text = Log.Mint(new
        {
            sub = session, sid = session, jti = $"t{_made++}", exp = Now + seconds, iat = Now, auth_time = Now - loginAge,
        });
        CompactJws.TryRead(text, out var jws, out _).ShouldBeTrue();
        TokenFacts.TryCreate(jws!, _followed.Replica.FindIssuer(FakeLog.Issuer)!, null, out var facts, out _).ShouldBeTrue();
        _followed.Held.Judge.Decide(facts!, Bound).Kind.ShouldBe(VerdictKind.Valid);
        var handshake = new Handshake(facts!, new(new()), Bound, new("Bearer", null, "http", default, default, null));
        return new(Connections, handshake) { Instead = instead };
    }

    /// <summary>What the feed brings, as the loop passes it on.</summary>
    public async Task PollAsync() => Connections.Applied(await _followed.PollAsync());

    /// <summary>Lets time pass, and the feed prove that it brought nothing.</summary>
    public async Task WaitAsync(TimeSpan time)
    {
        _followed.Time.Advance(time);
        await PollAsync();
    }

    /// <summary>Lets time pass in which the feed is silent.</summary>
    public void Lose(TimeSpan time) => _followed.Time.Advance(time);

    /// <summary>Sets the wall clock.</summary>
    public void SetClock(TimeSpan by) => _followed.Time.Set(by);

    /// <summary>One look of the watch, and all that it began.</summary>
    public async Task TickAsync()
    {
        var work = new List<Task>();
        Connections.DoWhatIsDue(work);
        await Task.WhenAll(work);
    }

    private long Now => _followed.Time.GetUtcNow().ToUnixTimeSeconds();
}

/// <summary>A connection whose other end writes down what it is told and answers a close at once.</summary>
internal sealed class ScriptedConnection : ILiveTransport
{
    public ScriptedConnection(LiveConnections connections, Handshake handshake) => Connection = new(connections, handshake, this);

    public LiveConnection Connection { get; }

    public string Kind => "scripted";

    /// <summary>How long it was given to renew, each time that it was asked.</summary>
    public List<TimeSpan> Asked { get; } = [];

    public string? Closed { get; private set; }

    public bool IsStopped { get; private set; }

    public bool IsAborted { get; private set; }

    /// <summary>What it does with a close, if it does not answer it.</summary>
    public Func<Task>? Instead { get; init; }

    public Task AskAsync(TimeSpan left, CancellationToken cancellationToken)
    {
        Asked.Add(left);
        return Task.CompletedTask;
    }

    public Task CloseAsync(ConnectionEnd end, CancellationToken cancellationToken)
    {
        Closed = end.Text;
        if (Instead is { } instead)
        {
            return instead();
        }

        _ = Connection.LeaveAsync();
        return Task.CompletedTask;
    }

    public void Stop() => IsStopped = true;

    public void Abort() => IsAborted = true;
}
