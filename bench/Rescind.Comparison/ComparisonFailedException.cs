namespace Rescind.Comparison;

/// <summary>A run cannot go on: a sentence without secrets, and where there is one what to do next.</summary>
public sealed class ComparisonFailedException : Exception
{
    /// <summary>A run that cannot go on.</summary>
    public ComparisonFailedException(string message, string? next = null, Exception? inner = null)
        : base(message, inner) => Next = next;

    /// <summary>Whether a server of the reader does not answer or refuses.</summary>
    public bool IsUnavailable { get; init; }

    /// <summary>What to do next; null where nothing is known.</summary>
    public string? Next { get; }
}
