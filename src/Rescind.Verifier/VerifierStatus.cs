using Microsoft.Extensions.Options;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier;

/// <summary>
/// How current this verifier is: for health checks, screens and tests. Registered by <c>AddRescind</c>; safe for
/// concurrent use.
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

    /// <summary>Whether the first answer was applied and acknowledged. Never false again.</summary>
    public bool IsReady => _replica.IsReady;

    /// <summary>
    /// Completes once a valid token is accepted for the first time: what a test waits for before its first request.
    /// Ends early with <paramref name="cancellationToken"/>.
    /// </summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken = default) => _ready.Task.WaitAsync(cancellationToken);

    internal void SetReady() => _ready.TrySetResult();

    /// <summary>Whether a valid token is accepted now: ready, and not older than <see cref="Bound"/>.</summary>
    public bool IsFresh => IsReady && !_replica.NeedsUpgrade && Age <= Bound;

    /// <summary>
    /// Whether the log holds something that this version does not know: an entry, a match or an effect of a newer
    /// Authority (RSC3205). What is known goes on being applied; nothing is fresh until the package is updated.
    /// </summary>
    public bool NeedsUpgrade => _replica.NeedsUpgrade;

    /// <summary>How old the last proof of being current is; <see cref="TimeSpan.MaxValue"/> without one.</summary>
    public TimeSpan Age => _replica.Age;

    /// <summary>The largest staleness that any route allows.</summary>
    public TimeSpan Bound => _options.Value.MaxStaleness;

    /// <summary>Which log is followed; empty before the first snapshot.</summary>
    public string Epoch => _replica.Epoch;

    /// <summary>The newest position applied.</summary>
    public LogPosition Position => _replica.Position;

    /// <summary>The newest position received, applied or not.</summary>
    public LogPosition Received
    {
        get => new(Volatile.Read(ref _received));
        internal set => Volatile.Write(ref _received, value.Value);
    }

    /// <summary>How many matches are held.</summary>
    public int Entries => _replica.Count;

    /// <summary>How many older logs are judged beside the present one.</summary>
    public int Forks => _replica.Forks;

    /// <summary>
    /// What is wrong: the last thing with the feed, or that this version is too old for the log; null while all is
    /// well. Never a secret.
    /// </summary>
    public string? LastError
    {
        get => NeedsUpgrade ? VerifierErrors.TooOld.Sentence() : _lastError;
        internal set => _lastError = value;
    }
}
