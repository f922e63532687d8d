namespace Rescind.Authority.Stores;

/// <summary>Answers what a decision wants to know.</summary>
internal interface IFacts
{
    TFact Get<TFact>(Want<TFact> want);
}
