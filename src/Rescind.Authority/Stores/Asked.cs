namespace Rescind.Authority.Stores;

/// <summary>A decision that needs to know something before it goes on.</summary>
internal abstract class Asked<T> : Step<T>
{
    /// <summary>What it needs to know: for a store that looks it up before it answers.</summary>
    public abstract Want Want { get; }

    public abstract Step<T> Answer(IFacts facts);
}

/// <inheritdoc/>
internal sealed class Asked<T, TFact>(Want<TFact> want, Func<TFact, Step<T>> next) : Asked<T>
{
    public override Want Want => want;

    public override Step<T> Answer(IFacts facts) => next(facts.Get(want));
}
