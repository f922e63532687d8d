namespace Rescind.Verifier.Introspecting;

/// <summary>What the Authority says of one token. The default is that it said nothing: neither yes nor no (IN-8).</summary>
internal enum IntrospectionAnswer : byte
{
    /// <summary>No answer, or none that can be believed.</summary>
    Unknown = 0,

    /// <summary>Usable now.</summary>
    Active = 1,

    /// <summary>Not usable; the Authority does not say why.</summary>
    Inactive = 2,
}
