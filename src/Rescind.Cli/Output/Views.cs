using Rescind.Cli.Http;
using Spectre.Console;

namespace Rescind.Cli.Output;

/// <summary>The tables that verbs share.</summary>
internal static class Views
{
    /// <summary>A borderless table with quiet headings.</summary>
    public static Table Table(params ReadOnlySpan<string> headings)
    {
        var table = new Table().NoBorder();
        foreach (var heading in headings)
        {
            table.AddColumn(
                new TableColumn($"[grey]{Markup.Escape(heading)}[/]") { Padding = new Padding(0, 0, 2, 0), NoWrap = true });
        }

        return table;
    }

    /// <summary>Names and values, one pair a line; values are markup, and those that are null are left out.</summary>
    public static void ShowFacts(this Screen screen, params IReadOnlyList<(string Name, string? Value)> facts)
    {
        var shown = facts.Where(fact => fact.Value is not null).ToList();
        var width = shown.Select(fact => fact.Name.Length).DefaultIfEmpty().Max();
        foreach (var (name, value) in shown)
        {
            screen.Line($"  [grey]{Markup.Escape(name.PadRight(width))}[/]  {value}");
        }
    }

    /// <summary>A member of an answer as markup: text, numbers and arrays of text; a dash for what is missing.</summary>
    public static string Text(JsonNode? node) => node switch
    {
        null => "-",
        JsonArray array => Screen.Plain(string.Join(", ", array.Select(item => Raw(item)))),
        _ => Screen.Plain(Raw(node)),
    };

    /// <summary>A word in the colour of what it means.</summary>
    public static string State(JsonNode? node)
    {
        var text = Text(node);
        var colour = text switch
        {
            "active" or "live" => "green",
            "late" => "yellow",
            "ended" or "blocked" or "gone" => "red",
            _ => "grey",
        };
        return $"[{colour}]{text}[/]";
    }

    private static string Raw(JsonNode? node) =>
        node.AsText() ?? node?.ToJsonString() ?? "-";
}
