using Rescind.Authority.Sessions;
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

    /// <summary>Acts by their positions.</summary>
    public IReadOnlyList<Revocation> Recorded { get; init; } = [];

    /// <summary>What holds for matches already.</summary>
    public IReadOnlyDictionary<Match, RevocationState> States { get; init; } = new Dictionary<Match, RevocationState>();

    /// <summary>The sessions that every match names.</summary>
    public IReadOnlyList<Session> Named { get; init; } = [];

    /// <summary>What every act has selected.</summary>
    public IReadOnlyList<SelectedSession> Selected { get; init; } = [];

    /// <summary>The answer under every key.</summary>
    public KeptAnswer? Answer { get; init; }

    public OpenSpread? Spread { get; init; }

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
        StateOf state => States.GetValueOrDefault(state.Match, RevocationState.Of([], ownIssuer: true)),
        ActsOn on => Recorded.Where(act => act.Match == on.Match && act.LiftedBy is null && act.Position != on.Without).ToList(),
        ActAt at => Recorded.FirstOrDefault(act => act.Position == at.Position),
        OldestEndOf end => Recorded.Where(act => act.Match == Match.Session(end.SessionId)
            && act.Effect is Effect.End && act.LiftedBy is null && act.Position != end.Without).MinBy(act => act.Position),
        FurthestEndOf end => Recorded.Where(act => act.Match == Match.Subject(end.Subject) && act.LiftedBy is null)
            .MaxBy(act => act.Second),
        OwnSparingEnds => OwnEnds.Where(own => own.BySession).OrderByDescending(own => own.Position).ToList(),
        SessionsNamed => Named,
        NamesMoreThan more => Named.Count > more.Most,
        SelectedBy selected => Selected.Take(selected.Most).ToList(),
        HasSelected has => Selected.Any(selected => selected.Id == has.SessionId),
        AnswerTo => Answer,
        SpreadOf => Spread,
        KeyInLog => default(AnnouncedKey),
        _ => throw new ArgumentException($"Nobody said what answers {want}.", nameof(want)),
    };
}
