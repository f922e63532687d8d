namespace Rescind.Authority.Stores;

/// <summary>
/// Part of a list: what it holds, and where the next part begins. It may hold fewer rows than were asked for, or none,
/// though more follow.
/// </summary>
/// <param name="Rows">The rows, in the order of the list.</param>
/// <param name="Next">The position after which the list goes on; null at its end.</param>
internal sealed record ListPage<T>(IReadOnlyList<T> Rows, LogPosition? Next);
