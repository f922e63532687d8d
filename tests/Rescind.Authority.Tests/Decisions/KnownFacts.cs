using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Decisions;

/// <summary>What a decision finds when it asks, and what it asked. No database.</summary>
internal sealed class KnownFacts : IFacts
{
    private readonly List<Want> _asked = [];

    public SessionRow? Row { get; init; }

    /// <summary>The acts that touch the session.</summary>
    public IReadOnlyList<Revocation> Acts { get; init; } = [];

    /// <summary>The ends of the actor's own.</summary>
    public IReadOnlyList<Revocation> OwnEnds { get; init; } = [];

    public IssuerRecord Issuer { get; init; } = StoreSuite.OwnRecord;

    public IReadOnlyList<Want> Asked => _asked;

    public TFact Get<TFact>(Want<TFact> want)
    {
        _asked.Add(want);
        return (TFact)Find(want)!;
    }

    /// <summary>Makes a decision on them.</summary>
    public Decided<T> Decide<T>(Decision<T> decision, Present present)
    {
        var step = decision.Begin(present);
        while (step is Asked<T> asked)
        {
            step = asked.Answer(this);
        }

        return step.ShouldBeOfType<Decided<T>>();
    }

    private object? Find(Want want) => want switch
    {
        SessionById session => session.Id == Row?.Session.Id ? Row : null,
        ActsTouching => Acts,
        NewestOwnEnd end => OwnEnds.Where(own => own.Match == end.Match && own.Actor == end.Actor).MaxBy(own => own.Position),
        IssuerOf => Issuer,
        _ => throw new ArgumentException($"Nobody said what answers {want}.", nameof(want)),
    };
}
