namespace Rescind;

/// <summary>
/// A verifier's copy of the log: the map, which log it is (epoch, position, chain), and the last proof of being current
/// (<c>docs/protocol.md</c>). Written by one <see cref="FeedFollower"/>; read by any number of judges without a lock.
/// </summary>
public sealed class Replica
{
    /// <summary>
    /// How many older logs are judged beside the present one at most. Beyond it no further fork is taken and the
    /// replica grows stale: memory stays bounded, and nothing dead is forgotten for it.
    /// </summary>
    public const int MaxForks = 8;

    private readonly TimeProvider _time;
    private readonly SteadyClock _clock;
    private volatile ReplicaView _view;
    private volatile FreshnessProof? _proof;
    private volatile LogHead? _head;
    private volatile bool _isReady;
    private volatile bool _needsUpgrade;
    private long _authorityNow = long.MaxValue;

    /// <summary>An empty replica: not ready, infinitely old, so that every verdict is Unknown.</summary>
    public Replica(TimeProvider time, Entropy entropy)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(entropy);
        _time = time;
        _clock = new(time, time.GetUtcNow(), SteadyClock.PatienceToForget);
        Key = SipKey.Random(entropy);
        _view = ReplicaView.Empty(Key);
    }

    /// <summary>Whether the first answer was applied and acknowledged. Never false again.</summary>
    public bool IsReady => _isReady;

    /// <summary>How old the last proof of being current is; <see cref="TimeSpan.MaxValue"/> without one.</summary>
    public TimeSpan Age => _needsUpgrade ? TimeSpan.MaxValue : _proof?.AgeAt(_time) ?? TimeSpan.MaxValue;

    /// <summary>The newest position applied.</summary>
    public LogPosition Position => _head?.Position ?? default;

    /// <summary>The epoch; empty before the first snapshot.</summary>
    public string Epoch => _head?.Epoch ?? "";

    /// <summary>How many matches are held, forks included.</summary>
    public int Count => _view.Count;

    /// <summary>How much memory they take, in bytes: an estimate that leaves out what the runtime adds.</summary>
    public long Bytes => _view.Bytes;

    /// <summary>How many older logs are still judged beside the present one.</summary>
    public int Forks => _view.Forks.Length;

    /// <summary>
    /// Whether the log holds an entry that this version does not understand, by its kind, its match or its effect:
    /// stale until the verifier is updated, whatever it applies of the rest.
    /// </summary>
    public bool NeedsUpgrade => _needsUpgrade;

    /// <summary>The record of the Authority's own issuer, once known.</summary>
    public IssuerRecord? OwnIssuer => _view.Own;

    /// <summary>Our own public keys: <c>kid</c> to JWK text. A new dictionary at each change; never mutated.</summary>
    public IReadOnlyDictionary<string, string> OwnKeys => _view.OwnKeys;

    internal SipKey Key { get; }

    internal ReplicaView View => _view;

    internal FreshnessProof? Proof => _proof;

    internal LogHead? Head => _head;

    /// <summary>Our own clock, in seconds, for what is forgotten by it.</summary>
    internal long BelievedNow => _clock.Believed.ToUnixTimeSeconds();

    /// <summary>The record of an issuer, or null if it is not registered.</summary>
    public IssuerRecord? FindIssuer(string issuer) => _view.Issuers.GetValueOrDefault(issuer);

    /// <summary>
    /// Whether a key of an issuer was taken back, by its <c>kid</c> or by its RFC 7638 thumbprint (T-27): what it
    /// signed is nobody's word.
    /// </summary>
    public bool IsKeyRevoked(string issuer, string keyId, string thumbprint)
    {
        var view = _view;
        return IsEnded(Match.Key(keyId)) || IsEnded(Match.Key(thumbprint));

        bool IsEnded(Match key)
        {
            var probe = Probe.Of(Key, issuer, key);
            return view.Sets.Any(set => set.TryFind(probe, out var found) && !found.End.IsEmpty);
        }
    }

    /// <summary>
    /// A replica that the Authority itself writes under its commit: always ready and never stale. Fill it with
    /// <see cref="Append"/> after each commit and before the callers of that commit are answered.
    /// </summary>
    public static Replica CreateAuthoritative(TimeProvider time, Entropy entropy) =>
        new(time, entropy) { _proof = FreshnessProof.Always, _isReady = true };

    /// <summary>Applies committed entries of an authoritative replica. One writer at a time.</summary>
    public void Append(IReadOnlyList<LogEntry> entries, LogHead head) => Apply(entries, head);

    /// <summary>Forgets what neither our clock nor the Authority's needs any more. One writer at a time.</summary>
    public void Purge() => Forget(Math.Min(BelievedNow, _authorityNow), new());

    /// <summary>
    /// Forgets what is not needed at <paramref name="now"/> any more: for an authoritative replica, whose Authority
    /// knows what time to believe.
    /// </summary>
    /// <param name="now">The time to go by.</param>
    /// <param name="writing">
    /// What is held by whoever appends meanwhile; it is taken for short only, however much there is.
    /// </param>
    public void Purge(DateTimeOffset now, Lock writing) =>
        Forget(now.ToUnixTimeSeconds(), writing ?? throw new ArgumentNullException(nameof(writing)));

    /// <summary>Applies entries that follow the head. The caller has checked the chain.</summary>
    internal void Apply(IReadOnlyList<LogEntry> entries, LogHead head)
    {
        foreach (var entry in entries)
        {
            _needsUpgrade |= !entry.IsUnderstood;
            if (entry is { Kind: LogEntryKind.State, Match: { } match, State: { } state })
            {
                _view.Set.Apply(entry.Issuer, match, state);
            }
        }

        _view = _view.WithRecords(entries, out var needsUpgrade);
        _needsUpgrade |= needsUpgrade;
        _head = head;
    }

    /// <summary>
    /// Whether a snapshot with <paramref name="head"/> can go on from here: the same log, and not before our place in it.
    /// </summary>
    internal bool GoesOnTo(LogHead head) => _head is not { } ours
        || (head.Epoch == ours.Epoch
            && (head.Position > ours.Position || (head.Position == ours.Position && MayBe(head.Chain, ours.Chain))));

    // Past an entry that is not understood there is no chain to compare.
    private static bool MayBe(LogChain theirs, LogChain ours) => ours == default || theirs == ours;

    /// <summary>
    /// Takes a whole snapshot. A newer one of the same log forgets nothing that this one remembers; of another log, the
    /// old map is frozen and judged beside the new one until time forgets it: dead in any of them is dead.
    /// </summary>
    internal void Load(SnapshotContents snapshot, bool isFork)
    {
        var old = _view;
        if (!isFork)
        {
            snapshot.Set.CarryOver(old.Set);
        }

        var forks = isFork && old.Set.Count > 0 ? old.Forks.Add(Frozen(old.Set, snapshot.Head!)) : old.Forks;
        _view = new(snapshot.Set, forks, snapshot.Registry.Issuers, snapshot.Registry.Keys);
        _needsUpgrade |= snapshot.NeedsUpgrade;
        _head = snapshot.Head;
    }

    /// <summary>
    /// Publishes a proof, after everything that it proves was applied. A younger one stays: what it proved still holds.
    /// </summary>
    internal void Prove(FreshnessProof proof, long authorityNow)
    {
        _authorityNow = authorityNow;
        if (!_needsUpgrade && proof.AgeAt(_time) <= Age)
        {
            _proof = proof;
        }
    }

    internal void BecomeReady() => _isReady = true;

    private FrozenMap Frozen(RevocationSet set, LogHead next) =>
        FrozenMap.Of(set, _head, next, _time.GetUtcNow().ToUnixTimeSeconds());

    private void Forget(long now, Lock writing)
    {
        foreach (var set in _view.Sets)
        {
            set.Purge(now, writing);
        }

        lock (writing)
        {
            if (_view.Forks.Any(static fork => fork.Set.Count == 0))
            {
                _view = _view with { Forks = _view.Forks.RemoveAll(static fork => fork.Set.Count == 0) };
            }
        }
    }
}
