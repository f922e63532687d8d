namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// The end of the log inside the writer's transaction: numbers, chains and inserts entries, and keeps the audit trail.
/// Log and audit share one sequence of positions, so an act has one number in both. Used by the writer's thread alone.
/// </summary>
internal sealed class SqliteLog(SqliteLink link, SqliteStoreOptions options, TimeProvider time)
{
    /// <summary>How long a clock that has jumped ahead must stand there before anything is dated by it.</summary>
    private static readonly TimeSpan PatienceToStamp = TimeSpan.FromMinutes(1);

    private readonly List<LogEntry> _appended = [];
    private readonly Dictionary<string, IssuerRecord> _issuers = new(StringComparer.Ordinal);
    private LogPosition _last;
    private long _newest;
    private long _minted;
    private long _savedMinted;
    private (StoreHead At, int Appended) _itemStart;

    public SqliteLink Link => link;

    /// <summary>Doubts a wall clock that has jumped ahead.</summary>
    public SteadyClock Clock { get; } = new(time, time.GetUtcNow(), PatienceToStamp);

    public SqliteStoreOptions Options => options;

    /// <summary>
    /// The head in this transaction: whoever mints reads it first (design: the committed head, before the session is judged).
    /// </summary>
    public LogHead Head => At.Log;

    /// <summary>The same, and the version of the registry.</summary>
    public StoreHead At { get; private set; } = new(LogHead.Empty("none"), 0);

    public DateTimeOffset Now { get; private set; }

    /// <summary>The present second, which never runs behind the log.</summary>
    public long Second => Math.Max(Now.ToUnixTimeSeconds(), Head.At);

    /// <summary>The second of the newest thing recorded, a login too. May be read on any thread.</summary>
    public long Newest => Interlocked.Read(ref _newest);

    /// <summary>What time is known to be past, as the database was when it was opened.</summary>
    public TimeAtStart Start { get; private set; }

    /// <summary>What this transaction appended so far.</summary>
    public IReadOnlyList<LogEntry> Appended => _appended;

    public bool IsOwn(string issuer) => string.Equals(issuer, options.Issuer, StringComparison.Ordinal);

    /// <summary>Reads the head from the database: at start, and after a commit that failed or whose outcome is unknown.</summary>
    public void Reload()
    {
        _appended.Clear();
        _issuers.Clear();
        At = new(ReadHead(link), ReadRegistry(link));
        var audited = link.Int64("select max(position) from audit");
        _last = new(Math.Max(_last.Value, Math.Max(Head.Position.Value, audited)));
        Dated(Math.Max(Head.At, link.Int64("select at from audit where position = (select max(position) from audit)")));
        _savedMinted = link.Int64("select minted from head");
        Mint(_savedMinted);
    }

    /// <summary>Reads the head of a database that was just opened.</summary>
    public void Open()
    {
        Reload();
        Start = SqliteEpoch.ReadStart(link).Then(_newest);
    }

    public static LogHead ReadHead(SqliteLink link) =>
        link.Prepare("select epoch, position, at, chain from head").Find(LogRows.ReadHead)
        ?? throw new InvalidDataException("The database has no head.");

    /// <summary>The version of the registry.</summary>
    public static long ReadRegistry(SqliteLink link) => link.Int64("select registry from head");

    public void BeginItem()
    {
        Now = time.GetUtcNow();
        _itemStart = (At, _appended.Count);
    }

    /// <summary>Forgets what the item appended; its positions are not used again.</summary>
    public void UndoItem()
    {
        At = _itemStart.At;
        _appended.RemoveRange(_itemStart.Appended, _appended.Count - _itemStart.Appended);
        _issuers.Clear();
    }

    /// <summary>
    /// Writes the head, once for all items of the transaction; where nothing was appended only what was minted, once a second.
    /// </summary>
    public void SaveHead()
    {
        if (_appended.Count > 0)
        {
            link.Prepare("update head set position = ?1, at = ?2, chain = ?3")
                .Bind(Head.Position).Bind(Head.At).Bind(Head.Chain.ToBytes()).Run();
        }

        if (_minted > _savedMinted)
        {
            link.Prepare("update head set minted = ?1").Bind(_minted).Run();
            _savedMinted = _minted;
        }
    }

    public IReadOnlyList<LogEntry> TakeAppended()
    {
        IReadOnlyList<LogEntry> taken = [.. _appended];
        _appended.Clear();
        return taken;
    }

    /// <summary>
    /// The position of whatever is noted next: <c>max(last + 1, now)</c>, never given out again, not even after a
    /// rollback. Refused while the clock has jumped ahead.
    /// </summary>
    public LogPosition NextPosition()
    {
        ReadPresent().RequireBelievedClock();
        return _last = _last.Next(Now);
    }

    /// <summary>Remembers that a decision gave out positions up to this one.</summary>
    public void GiveOut(LogPosition position) => _last = new(Math.Max(_last.Value, position.Value));

    /// <summary>Remembers that tokens are minted at a second; it is written before anybody has them.</summary>
    public void Mint(long second) => _minted = Math.Max(_minted, second);

    /// <summary>What a decision begins with.</summary>
    public Present ReadPresent() => Present.At(options.Issuer, At, _last, Now, Newest, Clock) with { Minted = _minted };

    /// <summary>Appends an entry, and what it says of its match.</summary>
    public void Append(LogEntry entry)
    {
        options.Before?.Invoke(WriteStep.Append);
        At = At with { Log = Head.Then(entry) };
        Dated(entry.At);
        link.Prepare(
            $"""
            insert into log ({LogRows.Entry}, chain)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
            """)
            .Bind((long)entry.Kind).Bind(entry.Position).Bind(entry.At).Bind(entry.Issuer).Bind(entry.Match)
            .Bind(entry.Record).Bind(entry.State)
            .Bind(Head.Chain.ToBytes()).Run();
        if (entry.State is not null)
        {
            SaveState(entry);
        }

        _appended.Add(entry);
    }

    /// <summary>Gives the registry its next version.</summary>
    public void Raise(RaiseRegistry raised)
    {
        link.Prepare("update head set registry = ?1").Bind(raised.Version).Run();
        At = At with { Registry = raised.Version };
    }

    private void SaveState(LogEntry entry) => link.Prepare(
        $"""
        insert or replace into states (issuer, match_kind, name, value, position, at, {LogRows.Slots})
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        """)
        .Bind(entry.Issuer).Bind(entry.Match).Bind(entry.Position).Bind(entry.At).Bind(entry.State).Run();

    /// <summary>Writes one audit entry.</summary>
    public void Audit(LogPosition position, string action, AuditContext audit, AuditSubject about)
    {
        Dated(Second);
        link.Prepare(
            """
            insert into audit (position, at, actor, action, issuer, match_kind, name, value, effect, reason, subject,
                session_id, address, request_id)
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """)
            .Bind(position).Bind(Second).Bind(audit.Actor).Bind(action).Bind(about.Issuer).Bind(about.Match)
            .Bind((long)about.Effect)
            .Bind(about.Reason).Bind(about.Subject).Bind(about.SessionId).Bind(audit.Address).Bind(audit.RequestId).Run();
    }

    private void Dated(long second) => Interlocked.Exchange(ref _newest, Math.Max(_newest, second));

    /// <summary>The record of an issuer as this transaction sees it; null if it is not registered.</summary>
    public IssuerRecord? FindIssuer(string issuer)
    {
        if (_issuers.TryGetValue(issuer, out var known))
        {
            return known;
        }

        return FindIssuer(link, issuer) is { } record ? _issuers[issuer] = record : null;
    }

    public static IssuerRecord? FindIssuer(SqliteLink link, string issuer, bool removed = false)
    {
        using var row = link.Prepare("select record from issuers where issuer = ?1 and removed <= ?2").Bind(issuer)
            .Bind(removed ? 1 : 0);
        return row.Step() ? new StoredJson("issuers", issuer).Issuer("record", row.Text()) : null;
    }

    public void SaveIssuer(SaveIssuer saved)
    {
        link.Prepare("insert or replace into issuers (issuer, position, at, record, removed) values (?1, ?2, ?3, ?4, 0)")
            .Bind(saved.Record.Issuer).Bind(saved.Position).Bind(saved.At).Bind(saved.Record.ToJson()).Run();
        _issuers[saved.Record.Issuer] = saved.Record;
    }

    /// <summary>The row stays, so that a later record knows the earlier numbers.</summary>
    public void RemoveIssuer(string issuer)
    {
        link.Prepare("update issuers set removed = 1 where issuer = ?1").Bind(issuer).Run();
        _issuers.Remove(issuer);
    }
}
