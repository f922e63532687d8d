using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// One transaction of the writer. It reads the head first; what appends holds its row from then on, everything else
/// only reads it (design: the committed head, before anything is judged).
/// </summary>
internal sealed class PostgresTransaction
{
    private const double MostClockDifference = 1;

    private readonly PostgresNode _node;
    private readonly List<LogEntry> _appended = [];
    private readonly bool _isHolding;
    private readonly bool _isClockApart;
    private readonly long _mintedBefore;
    private StoreHead _before;
    private long _registry;
    private long _minted;
    private ForeseenSessions _foreseen = ForeseenSessions.None;
    private ForeseenActs _acts = ForeseenActs.None;

    private PostgresTransaction(
        PostgresNode node, PostgresLink link, StoreHead head, long minted, bool isHolding, bool isClockApart)
    {
        (_node, Link, _before, _mintedBefore) = (node, link, head, minted);
        (_isHolding, _isClockApart) = (isHolding, isClockApart);
        (Head, _registry, _minted) = (head.Log, head.Registry, minted);
    }

    public PostgresLink Link { get; }

    /// <summary>The head as this transaction has it.</summary>
    public LogHead Head { get; private set; }

    public PostgresNode Node => _node;

    /// <summary>The version of the registry as this transaction has it.</summary>
    public long Registry => _registry;

    /// <summary>Whether it holds the head: then nobody else can have a commit under way that appends.</summary>
    public bool IsHolding => _isHolding;

    /// <summary>What it appended, once it is committed; null for nothing.</summary>
    public LogCommit? Commit => _appended.Count == 0 ? null : new(_before.Log.Position, _appended, Head);

    public Present Present => _node.PresentAt(new(Head, _registry), _node.Now) with { Minted = _minted };

    /// <summary>The present second, which never runs behind the log.</summary>
    public long Second => Math.Max(_node.Now.ToUnixTimeSeconds(), Head.At);

    public static async Task<PostgresTransaction> BeginAsync(PostgresNode node, PostgresLink link, bool isHolding)
    {
        link.Add("begin");
        var before = node.Now;
        var (head, minted, clock, isDurable) = await link.FindAsync(
            new PostgresStatement(
                $"select {PostgresEpoch.Head}, minted, extract(epoch from clock_timestamp())::double precision, "
                    + $"{PostgresDatabase.IsDurable} from head where one = 1{(isHolding ? " for no key update" : "")}"),
            static row => (PostgresEpoch.ReadHead(row), row.Int64(), row.Double(), row.Bool())).ConfigureAwait(false);
        if (head is null)
        {
            throw new InvalidDataException("The database has no head.");
        }

        PostgresDatabase.RequireDurable(isDurable);

        // It was read between the two, so that a slow answer is no wrong clock.
        var said = node.Options.DatabaseClock(DateTimeOffset.UnixEpoch.AddSeconds(clock));
        var isApart = (before - said).TotalSeconds > MostClockDifference
            || (said - node.Now).TotalSeconds > MostClockDifference;
        return new(node, link, head, minted, isHolding, isApart);
    }

    /// <summary>
    /// Makes a decision, and adds what it writes. Throws <see cref="HeadNeededException"/> if that has to hold the head.
    /// </summary>
    public async Task<T> DecideAsync<T>(Decision<T> decision)
    {
        var decided = await DecideAsync(
            want => _foreseen.Find(want) ?? FindAsync(want), Present, decision).ConfigureAwait(false);
        var changes = decided.Changes;

        // What is minted later than anything before is recorded with the head held, once a second: an act that comes
        // after it knows how long it has to be remembered, and one that came before it was seen.
        if (!_isHolding && (changes.Minted > _minted || !PostgresChanges.MayGoWithoutHead(changes)))
        {
            throw new HeadNeededException();
        }

        if (_isClockApart && changes.List.Any(static change => change is AppendEntry or InsertSession))
        {
            throw new StoreUnavailableException(Errors.DatabaseClockApart.Sentence("Nothing was recorded."));
        }

        _node.GiveOut(changes.Last);
        _minted = Math.Max(_minted, changes.Minted);
        PostgresChanges.Add(this, changes);
        return decided.Outcome;
    }

    /// <summary>The issuer that a draft names.</summary>
    public async Task<IssuerRecord?> FindIssuerAsync(IssuerOf issuer) =>
        (await FindAsync(issuer).ConfigureAwait(false)).Get(issuer);

    /// <summary>What holds for a match.</summary>
    public async Task<RevocationState> FindStateAsync(StateOf named) =>
        (await FindAsync(named).ConfigureAwait(false)).Get(named);

    /// <summary>What a decision says, of which nothing is written.</summary>
    public static Task<Decided<T>> DecideAsync<T>(PostgresLink link, Present present, Decision<T> decision) =>
        DecideAsync(want => PostgresFacts.FindAsync(link, present.Issuer, want), present, decision);

    /// <summary>
    /// Looks up together what several refreshes will ask for. Where acts may be added between them each asks by itself.
    /// </summary>
    public async Task ForeseeAsync(IReadOnlyList<string> sessions)
    {
        if (sessions.Count > 1 && !_isHolding)
        {
            _foreseen = await ForeseenSessions.FindAsync(Link, _node.Options.Issuer, sessions, Present.Second)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Looks up together what several acts will ask for, while the head is held.</summary>
    public async Task ForeseeAsync(IReadOnlyList<StateOf> named)
    {
        if (named.Count > 1 && _isHolding)
        {
            _acts = await ForeseenActs.FindAsync(Link, named).ConfigureAwait(false);
        }
    }

    /// <summary>Something may change that was looked up for acts.</summary>
    public void ForgetActs() => _acts = ForeseenActs.None;

    /// <summary>What was looked up of a session that changes is so no more.</summary>
    public void Changed(long session) => _foreseen.Remove(session);

    private static async Task<Decided<T>> DecideAsync<T>(
        Func<Want, Task<IFacts>> find, Present present, Decision<T> decision)
    {
        var step = decision.Begin(present);
        while (step is Asked<T> asked)
        {
            step = asked.Answer(await find(asked.Want).ConfigureAwait(false));
        }

        return (Decided<T>)step;
    }

    /// <summary>Adds an entry, and what it says of its match.</summary>
    public void Append(LogEntry entry)
    {
        Head = Head.Then(entry);
        _node.Dated(entry.At);
        _appended.Add(entry);
        _acts.Appended(entry);
        Link.Add(
            new PostgresStatement(
                $"""
                insert into log ({LogRows.Entry}, chain)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
                """)
                .Bind((long)entry.Kind).Bind(entry.Position).Bind(entry.At).Bind(entry.Issuer).Bind(entry.Match)
                .Bind(entry.Record).Bind(entry.State).Bind(Head.Chain.ToBytes()));
        if (entry is { State: { } state, Match: { } match })
        {
            Link.Add(
                new PostgresStatement(
                    $"""
                    insert into states (key, issuer, match_kind, name, value, position, at, {LogRows.Slots})
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                    on conflict (key) do update set position = $6, at = $7, end_by = $8, end_before = $9, renew_by = $10,
                        renew_before = $11, reauthenticate_by = $12, reauthenticate_before = $13, block_by = $14,
                        block_until = $15, remember_until = $16
                    """)
                    .Bind(MatchKey.Of(entry.Issuer, match)).Bind(entry.Issuer).Bind(match).Bind(entry.Position).Bind(entry.At)
                    .Bind(state));
        }
    }

    /// <summary>Another log begins at this head, as a part of the old one is lost: what is appended goes on from it.</summary>
    public void BeginAnother(string epoch)
    {
        Head = new(epoch, Head.Position, Head.At, LogChain.Start(epoch));
        _before = _before with { Log = Head };
        Link.Add("delete from log");
        Link.Add(new PostgresStatement("update head set epoch = $1, chain = $2")
            .Bind(epoch).Bind(Head.Chain.ToBytes()));
        Link.Add(new PostgresStatement("update kept set base_position = $1, base_chain = $2")
            .Bind(Head.Position).Bind(Head.Chain.ToBytes()));
    }

    /// <summary>The registry has another version from now on.</summary>
    public void RaiseRegistry(long version) => _registry = version;

    /// <summary>Adds a line of the audit trail; the next position is that of one that has none.</summary>
    public void Audit(AddAudit line)
    {
        var (audit, about, position) = (line.Audit, line.About, line.Position ?? NextPosition());
        _node.Dated(Second);
        Link.Add(
            new PostgresStatement(
                """
                insert into audit (position, at, actor, action, issuer, match_kind, name, value, effect, reason, subject,
                    session_id, address, request_id)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                """)
                .Bind(position).Bind(Second).Bind(audit.Actor).Bind(line.Action).Bind(about.Issuer).Bind(about.Match)
                .Bind((long)about.Effect).Bind(about.Reason).Bind(about.Subject).Bind(about.SessionId).Bind(audit.Address)
                .Bind(audit.RequestId));
    }

    /// <summary>Writes the head, on condition of the one that it goes on from, and runs what waits.</summary>
    public Task FlushAsync()
    {
        if (_minted > _mintedBefore)
        {
            Link.Add(new PostgresStatement("update head set minted = greatest(minted, $1)").Bind(_minted));
        }

        if (_appended.Count > 0 || _registry != _before.Registry)
        {
            Link.Add(
                new PostgresStatement(
                    """
                    update head set position = $1, at = $2, chain = $3, registry = $4
                    where position = $5 and chain = $6 and registry = $7
                    """)
                    .Bind(Head.Position).Bind(Head.At).Bind(Head.Chain.ToBytes()).Bind(_registry)
                    .Bind(_before.Log.Position).Bind(_before.Log.Chain.ToBytes()).Bind(_before.Registry),
                mustChange: 1);
        }

        return Link.FlushAsync();
    }

    private Task<IFacts> FindAsync(Want want) =>
        _acts.Find(want) ?? PostgresFacts.FindAsync(Link, _node.Options.Issuer, want);

    private LogPosition NextPosition()
    {
        var present = Present;
        present.RequireBelievedClock();
        var next = present.Last.Next(present.Now);
        _node.GiveOut(next);
        return next;
    }
}

/// <summary>A change has to hold the head: it is to be decided in a transaction that does.</summary>
internal sealed class HeadNeededException : Exception;
