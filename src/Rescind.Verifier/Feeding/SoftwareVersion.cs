using System.Reflection;

namespace Rescind.Verifier.Feeding;

/// <summary>The version that a verifier is known by: three numbers, without the build's own suffix.</summary>
internal static class SoftwareVersion
{
    public static string Text { get; } = typeof(SoftwareVersion).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
