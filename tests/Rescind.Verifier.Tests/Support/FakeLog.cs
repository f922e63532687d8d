namespace Rescind.Verifier.Tests.Support;

/// <summary>
/// An Authority reduced to its log: one issuer, one key, and whatever a test appends. Serves as a feed in the same process, and
/// to <see cref="FakeAuthority"/> over HTTP.
/// </summary>
internal sealed class FakeLog : IRevocationFeed
{
    public const string Issuer = "https://issuer.test";

    private readonly string _issuer;
    private readonly Lock _lock = new();
    private readonly List<LogEntry> _entries = [];
    private readonly FeedTail _tail = new(LogHead.Empty("epoch-1"));
    private LogHead _head = LogHead.Empty("epoch-1");
    private volatile bool _isAway;

    public FakeLog(string issuer = Issuer)
    {
        _issuer = issuer;
        Register(new()
        {
            Issuer = issuer, Own = true, Limits = Limits, SendsAuthTime = true, Types = ["at+jwt"], Algorithms = ["ES256"],
        });
        Announce(Key);
    }

    public static IssuerLimits Limits { get; } = new(3600, 86400, 0, 30);

    public SigningKey Key { get; } = new();

    /// <summary>Who it is: <see cref="Issuer"/>, unless a test has several.</summary>
    public string Own => _issuer;

    public LogHead Head => _tail.Head;

    /// <summary>Whether the feed fails, as if the Authority were away.</summary>
    public bool IsAway
    {
        get => _isAway;
        set => _isAway = value;
    }

    /// <summary>Every poll that came.</summary>
    public List<FeedRequest> Polls { get; } = [];

    public FeedRequest? LastPoll
    {
        get
        {
            lock (Polls)
            {
                return Polls.LastOrDefault();
            }
        }
    }

    public LogPosition End(Match match) => EndAt(_issuer, match);

    /// <summary>An end at another issuer.</summary>
    public LogPosition EndAt(string issuer, Match match) =>
        Revoke(match, slot => new(slot, default, default, default, RevocationState.Never), issuer);

    public LogPosition Renew(Match match) => Revoke(match, slot => new(default, slot, default, default, RevocationState.Never));

    public LogPosition Reauthenticate(Match match) =>
        Revoke(match, slot => new(default, default, slot, default, RevocationState.Never));

    /// <summary>Takes back whatever was done to the match.</summary>
    public LogPosition Lift(Match match) =>
        Revoke(match, static _ => new(default, default, default, default, RevocationState.Never));

    public void Announce(SigningKey key) => Append((position, at) => new()
    {
        Kind = LogEntryKind.Key, Position = position, At = at, Issuer = _issuer, Match = Match.Key(key.KeyId), Record = key.Jwk,
    });

    public void Withdraw(SigningKey key) => Append((position, at) => new()
    {
        Kind = LogEntryKind.Key, Position = position, At = at, Issuer = _issuer, Match = Match.Key(key.KeyId),
    });

    public void Register(IssuerRecord record) => Register(record.Issuer, record.ToJson());

    /// <summary>A record by its text, as another version of an Authority may have written it.</summary>
    public LogPosition Register(string issuer, string record) => Append((position, at) => new()
    {
        Kind = LogEntryKind.Issuer, Position = position, At = at, Issuer = issuer, Match = Match.Issuer, Record = record,
    });

    public async Task<FeedAnswer> PollAsync(FeedRequest request, CancellationToken cancellationToken)
    {
        lock (Polls)
        {
            Polls.Add(request);
        }

        var received = TimeProvider.System.GetTimestamp();
        var moved = _tail.Moved;
        if (!IsAway && _tail.Head.Position == request.After && request.Wait > TimeSpan.Zero)
        {
            await Task.WhenAny(moved, Task.Delay(request.Wait, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (IsAway)
        {
            throw new FeedException("The fake Authority is away.");
        }

        var held = TimeProvider.System.GetElapsedTime(received);
        var answer = _tail.Answer(request) ?? new() { Outcome = FeedOutcome.Gone };
        return answer with { Nonce = request.Nonce, Held = held, Now = Now };
    }

    public Task SnapshotAsync(SnapshotBuilder builder, CancellationToken cancellationToken)
    {
        if (IsAway)
        {
            throw new FeedException("The fake Authority is away.");
        }

        var (header, entries) = Snapshot();
        builder.Begin(header);
        entries.ForEach(builder.Add);
        builder.End(entries.Count);
        return Task.CompletedTask;
    }

    public (FeedAnswer Header, List<LogEntry> Entries) Snapshot()
    {
        lock (_lock)
        {
            var header = new FeedAnswer
            {
                Outcome = FeedOutcome.Entries, Epoch = _head.Epoch, After = _head.Position, Head = _head.Position,
                Chain = _head.Chain, Now = Now,
            };
            return (header, [.. _entries]);
        }
    }

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private LogPosition Revoke(Match match, Func<Slot, RevocationState> state, string? issuer = null) =>
        Append((position, at) => new()
        {
            Kind = LogEntryKind.State, Position = position, At = at, Issuer = issuer ?? _issuer, Match = match,
            State = state(new(position, at)),
        });

    private LogPosition Append(Func<LogPosition, long, LogEntry> entry)
    {
        lock (_lock)
        {
            var (position, at) = _head.Next(DateTimeOffset.UtcNow);
            var made = entry(position, at);
            _entries.Add(made);
            _head = _head.Then(made);
            _tail.Append([made], _head);
            return position;
        }
    }
}
