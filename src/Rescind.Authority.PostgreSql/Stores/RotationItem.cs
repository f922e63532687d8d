using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>A refresh, which one statement may judge and write.</summary>
internal sealed class RotationItem(RotationAttempt attempt, CancellationToken cancellationToken) : WriteItem<RotationOutcome>(
    transaction => transaction.DecideAsync(new RotateDecision(attempt)), cancellationToken)
{
    private bool _isMoved;

    public RotationAttempt Attempt => attempt;

    public override string? Session => attempt.SessionId;

    /// <summary>Whether that statement has left it to a transaction.</summary>
    public bool IsLeft { get; set; }

    /// <summary>It was written, with this outcome.</summary>
    public void Moved(RotationOutcome outcome)
    {
        _isMoved = true;
        Succeeded(outcome);
    }

    /// <summary>It was written, and nobody may be answered by it.</summary>
    public void MovedInVain(StoreUnavailableException reason)
    {
        _isMoved = true;
        Failed(reason);
    }

    /// <summary>Tells the caller, if it was written.</summary>
    public void CompleteIfMoved()
    {
        if (_isMoved)
        {
            Complete();
        }
    }
}
