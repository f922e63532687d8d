using Microsoft.Extensions.Options;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier;

/// <summary>
/// How current this verifier is: for health checks, screens and tests. Registered by <c>AddRescind</c> and
/// <c>AddRevocation</c>. Where schemes follow several Authorities there is one for each, by the name of a scheme
/// (<c>[FromKeyedServices("Admin")]</c>); asked for without a name then throws <see cref="InvalidOperationException"/>
/// (RSC3013). Every property shows the moment at which it is read. Safe for concurrent use.
/// </summary>
public sealed class VerifierStatus
{
    private readonly Replica _replica;
    private readonly IOptions<VerifierOptions> _options;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _received;
    private volatile string? _lastError;

    internal VerifierStatus(Replica replica, IOptions<VerifierOptions> options)
    {
        _replica = replica;
        _options = options;
    }

    /// <summary>Whether the first answer of the feed was applied and acknowledged. Never false again.</summary>
    public bool IsReady => _replica.IsReady;

    /// <summary>
    /// Completes once a valid token is accepted for the first time: what a test waits for before its first request. At
    /// once if that has been. Has no limit of its own: while the Authority cannot be reached it waits.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the wait with <see cref="OperationCanceledException"/>; the verifier goes on.
    /// </param>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken = default) => _ready.Task.WaitAsync(cancellationToken);

    internal void SetReady() => _ready.TrySetResult();

    /// <summary>
    /// Whether a valid token is accepted now on a route that demands nothing of its own: ready, and not older than
    /// <see cref="Bound"/>. False while <see cref="NeedsUpgrade"/>.
    /// </summary>
    public bool IsFresh => IsReady && !_replica.NeedsUpgrade && Age <= Bound;

    /// <summary>
    /// Whether the log holds something that this version does not know: an entry, a match or an effect of a newer
    /// Authority (RSC3205). What is known goes on being applied; nothing is fresh until the package is updated. Never
    /// false again in this process.
    /// </summary>
    public bool NeedsUpgrade => _replica.NeedsUpgrade;

    /// <summary>
    /// How old the last proof of being current is, counted from when the feed was asked for it;
    /// <see cref="TimeSpan.MaxValue"/> without one, and while <see cref="NeedsUpgrade"/>.
    /// </summary>
    public TimeSpan Age => _replica.Age;

    /// <summary>
    /// The largest staleness that any route allows: the largest <see cref="VerifierOptions.MaxStaleness"/> of the
    /// schemes that follow this Authority; above 1 ms, at most 60 s.
    /// </summary>
    public TimeSpan Bound => _options.Value.MaxStaleness;

    /// <summary>Which log is followed; empty before the first snapshot.</summary>
    public string Epoch => _replica.Epoch;

    /// <summary>The newest position applied; the default before the first snapshot.</summary>
    public LogPosition Position => _replica.Position;

    /// <summary>
    /// The newest position that a poll of the feed has brought, applied or not; the default before the first.
    /// </summary>
    public LogPosition Received
    {
        get => new(Volatile.Read(ref _received));
        internal set => Volatile.Write(ref _received, value.Value);
    }

    /// <summary>How many matches are held in memory, those of older logs included.</summary>
    public int Entries => _replica.Count;

    /// <summary>How much memory they take, in bytes: an estimate that leaves out what the runtime adds.</summary>
    public long Bytes => _replica.Bytes;

    /// <summary>
    /// How many older logs are judged beside the present one: 0 until the Authority begins another log, as after a
    /// restore; at most 8.
    /// </summary>
    public int Forks => _replica.Forks;

    /// <summary>
    /// What is wrong, for people: the last thing with the feed, or that this version is too old for the log; null while
    /// all is well. A sentence that may change between versions. Never a secret.
    /// </summary>
    public string? LastError
    {
        get => NeedsUpgrade ? VerifierErrors.TooOld.Sentence() : _lastError;
        internal set => _lastError = value;
    }
}
