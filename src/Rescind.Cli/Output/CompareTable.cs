using Rescind.Cli.Http;
using Spectre.Console;

namespace Rescind.Cli.Output;

/// <summary>A comparison at the terminal.</summary>
internal static class CompareTable
{
    public static void Show(Screen screen, JsonObject told)
    {
        foreach (var part in told.Items("tables"))
        {
            screen.Line($"\n[bold]{Views.Text(part["title"])}[/]");
            var table = Views.Table([.. Cells(part["headings"])]);
            foreach (var row in part["rows"] as JsonArray ?? [])
            {
                table.AddRow([.. Cells(row).Select(static cell => Screen.Plain(cell))]);
            }

            screen.Show(table);
        }

        screen.Line();
        foreach (var note in Cells(told["result"].At("notes")))
        {
            screen.Line(Screen.Plain(note));
        }
    }

    private static IEnumerable<string> Cells(JsonNode? texts) =>
        texts is JsonArray array ? array.Select(static text => text.AsText() ?? "") : [];
}
