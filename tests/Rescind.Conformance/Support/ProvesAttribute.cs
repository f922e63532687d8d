using Xunit.v3;

namespace Rescind.Conformance.Support;

/// <summary>The requirements of <c>docs/conformance.md</c> that a test proves.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProvesAttribute(params string[] ids) : Attribute, ITraitAttribute
{
    public IReadOnlyList<string> Ids { get; } = ids;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() =>
        [.. Ids.Select(id => KeyValuePair.Create("Proves", id))];
}
