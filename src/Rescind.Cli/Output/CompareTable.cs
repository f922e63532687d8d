using Rescind.Comparison;
using Rescind.Comparison.Reporting;
using Spectre.Console;

namespace Rescind.Cli.Output;

/// <summary>A comparison at the terminal.</summary>
internal static class CompareTable
{
    public static void Show(Screen screen, ComparisonResult result)
    {
        foreach (var part in ResultTable.AllOf(result))
        {
            screen.Line($"\n[bold]{Screen.Plain(part.Title)}[/]");
            var table = Views.Table([.. part.Headings]);
            foreach (var row in part.Rows)
            {
                table.AddRow([.. row.Select(static cell => Screen.Plain(cell))]);
            }

            screen.Show(table);
        }

        screen.Line();
        foreach (var note in result.Notes)
        {
            screen.Line(Screen.Plain(note));
        }
    }
}
