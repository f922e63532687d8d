using System.Globalization;

namespace Rescind.Benchmarks.Scale;

/// <summary>What was measured again and again.</summary>
internal sealed class Samples(IEnumerable<double> values)
{
    private readonly double[] _ordered = [.. values.Order()];

    public double Median => At(0.5);

    /// <summary>The value below which that part of them is.</summary>
    public double At(double part) => _ordered[Math.Min(_ordered.Length - 1, (int)(_ordered.Length * part))];

    /// <summary>The median, and in brackets the smallest and the largest.</summary>
    public string Spread(string format) => $"{Text(Median, format)} [{Text(At(0), format)}..{Text(At(1), format)}]";

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
