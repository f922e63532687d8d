using System.Diagnostics.CodeAnalysis;

namespace Rescind.Authority.Feeding;

/// <summary>
/// A verifier in a tree that is ordered by position and balanced by weight, and what holds of it and of all below it
/// together. Not safe for concurrent use: <see cref="LiveVerifiers"/> alone has such a tree.
/// </summary>
internal sealed class VerifierNode
{
    // With these two numbers every insertion and removal leaves the tree balanced (Hirai, Yamamoto: Balancing
    // weight-balanced trees, 2011).
    private const int MostUneven = 3;
    private const int OneTurn = 2;

    private VerifierNode(KnownVerifier verifier)
    {
        Verifier = verifier;
        Update();
    }

    public KnownVerifier Verifier { get; }

    /// <summary>Those that are further behind.</summary>
    public VerifierNode? Left { get; private set; }

    /// <summary>Those that are further on.</summary>
    public VerifierNode? Right { get; private set; }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    public TimeSpan LargestBound { get; private set; }

    /// <summary>The latest end of a proof.</summary>
    public DateTimeOffset LastProofEnds { get; private set; }

    /// <summary>The last instant at which none of them has fallen silent.</summary>
    public DateTimeOffset AllLiveUntil { get; private set; }

    public static int CountOf(VerifierNode? node) => node?.Count ?? 0;

    public static VerifierNode Add(VerifierNode? node, KnownVerifier verifier)
    {
        if (node is null)
        {
            return new(verifier);
        }

        if (Compare(verifier, node.Verifier) < 0)
        {
            node.Left = Add(node.Left, verifier);
        }
        else
        {
            node.Right = Add(node.Right, verifier);
        }

        return node.Balanced();
    }

    /// <summary>The same without a verifier, if it was there.</summary>
    public static VerifierNode? Remove(VerifierNode? node, KnownVerifier verifier)
    {
        if (node is null)
        {
            return null;
        }

        var order = Compare(verifier, node.Verifier);
        if (order == 0)
        {
            return Join(node.Left, node.Right);
        }

        if (order < 0)
        {
            node.Left = Remove(node.Left, verifier);
        }
        else
        {
            node.Right = Remove(node.Right, verifier);
        }

        return node.Balanced();
    }

    private static int Compare(KnownVerifier one, KnownVerifier other) =>
        one.Row.Position.CompareTo(other.Row.Position) is not 0 and var order ? order : one.Number.CompareTo(other.Number);

    private static int WeightOf(VerifierNode? node) => CountOf(node) + 1;

    private static VerifierNode? Join(VerifierNode? left, VerifierNode? right)
    {
        if (left is null || right is null)
        {
            return left ?? right;
        }

        var rest = RemoveFirst(right, out var first);
        (first.Left, first.Right) = (left, rest);
        return first.Balanced();
    }

    private static VerifierNode? RemoveFirst(VerifierNode node, [NotNull] out VerifierNode? first)
    {
        if (node.Left is null)
        {
            first = node;
            return node.Right;
        }

        node.Left = RemoveFirst(node.Left, out first);
        return node.Balanced();
    }

    private VerifierNode Balanced()
    {
        if (WeightOf(Right) > MostUneven * WeightOf(Left))
        {
            Right = WeightOf(Right!.Left) < OneTurn * WeightOf(Right.Right) ? Right : Right.TurnedRight();
            return TurnedLeft();
        }

        if (WeightOf(Left) > MostUneven * WeightOf(Right))
        {
            Left = WeightOf(Left!.Right) < OneTurn * WeightOf(Left.Left) ? Left : Left.TurnedLeft();
            return TurnedRight();
        }

        Update();
        return this;
    }

    private VerifierNode TurnedLeft()
    {
        var top = Right!;
        (Right, top.Left) = (top.Left, this);
        Update();
        top.Update();
        return top;
    }

    private VerifierNode TurnedRight()
    {
        var top = Left!;
        (Left, top.Right) = (top.Right, this);
        Update();
        top.Update();
        return top;
    }

    private void Update()
    {
        (Count, LargestBound) = (1, Verifier.Bound);
        (LastProofEnds, AllLiveUntil) = (Verifier.ProofEnds, Verifier.LiveUntil);
        Include(Left);
        Include(Right);
    }

    private void Include(VerifierNode? below)
    {
        if (below is not null)
        {
            Count += below.Count;
            LargestBound = below.LargestBound > LargestBound ? below.LargestBound : LargestBound;
            LastProofEnds = below.LastProofEnds > LastProofEnds ? below.LastProofEnds : LastProofEnds;
            AllLiveUntil = below.AllLiveUntil < AllLiveUntil ? below.AllLiveUntil : AllLiveUntil;
        }
    }
}
