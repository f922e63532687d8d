using System.Text;
using System.Text.Encodings.Web;

namespace Rescind.Comparison.Reporting;

/// <summary>A bar of each way, as SVG. What it says in colour and length stands beside it in words.</summary>
internal sealed class Bars(string title, bool isLogarithmic)
{
    private const int Width = 720;
    private const int Label = 220;
    private const int Row = 26;
    private const int Words = 170;
    private readonly List<(string Name, double Value, string Text)> _rows = [];

    public void Add(string name, double value, string text) => _rows.Add((name, Math.Max(0, value), text));

    public string Draw()
    {
        var most = _rows.Select(static row => row.Value).DefaultIfEmpty().Max();
        var height = (_rows.Count * Row) + 8;
        var svg = new StringBuilder();
        var name = Plain(title);
        Add(svg, $"<figure><figcaption>{name}</figcaption><svg viewBox='0 0 {Width} {height}' role='img' aria-label='{name}'>");
        foreach (var (index, row) in _rows.Index())
        {
            var (top, length) = ((index * Row) + 4, Length(row.Value, most));
            var kind = row.Name == Report.OurTitle ? "ours" : "bar";
            Add(svg, $"<text x='{Label - 8}' y='{top + 14}' text-anchor='end'>{Plain(row.Name)}</text>");
            Add(svg, $"<rect class='{kind}' x='{Label}' y='{top}' width='{length:0.#}' height='18'/>");
            Add(svg, $"<text x='{Label + length + 6:0.#}' y='{top + 14}'>{Plain(row.Text)}</text>");
        }

        return svg.Append("</svg></figure>").ToString();
    }

    private static void Add(StringBuilder svg, FormattableString part) => svg.Append(FormattableString.Invariant(part));

    private static string Plain(string text) => HtmlEncoder.Default.Encode(text);

    private double Length(double value, double most)
    {
        var part = most <= 0 ? 0 : isLogarithmic ? Math.Log(1 + value) / Math.Log(1 + most) : value / most;
        return Math.Max(2, part * (Width - Label - Words));
    }
}
