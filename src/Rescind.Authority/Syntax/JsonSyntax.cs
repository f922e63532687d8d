using System.Text.Unicode;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Syntax;

/// <summary>
/// What must hold of a body before its members are looked at: UTF-8, JSON, depth, no duplicate names at any level (JWT-5, T-22).
/// </summary>
internal static class JsonSyntax
{
    /// <summary>The deepest nesting; the root is 1.</summary>
    public const int MaxDepth = 16;

    public static Refusal? Check(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            return Errors.MalformedJson.Refusal("The body is not UTF-8.");
        }

        try
        {
            // The depth is checked here, so that too deep is not the same answer as malformed.
            return Scan(new(body, new JsonReaderOptions { MaxDepth = MaxDepth + 1 }));
        }
        catch (JsonException e)
        {
            return Errors.MalformedJson.Refusal($"The mistake is in line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
        }
        catch (InvalidOperationException)
        {
            return Errors.MalformedJson.Refusal("A string has half of a surrogate pair.");
        }
    }

    private static Refusal? Scan(Utf8JsonReader reader)
    {
        var open = new Stack<Level>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray when open.Count == MaxDepth:
                    return Errors.TooDeep.Refusal();
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    open.Push(new());
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    open.Pop();
                    break;
                case JsonTokenType.PropertyName when !open.Peek().Enter(reader.GetString()!):
                    return Errors.DuplicateMember.Refusal($"{PathOf(open)} is there twice.");
                case JsonTokenType.String:
                    reader.GetString();     // throws for half of a surrogate pair
                    break;
            }
        }

        return null;
    }

    private static string PathOf(Stack<Level> open) =>
        "$" + string.Concat(open.Reverse().Select(level => level.Name is null ? "[]" : "." + Shorten(level.Name)));

    internal static string Shorten(string name) => name.Length <= 64 ? name : name[..64] + "…";

    private sealed class Level
    {
        private readonly HashSet<string> _names = [];

        public string? Name { get; private set; }

        public bool Enter(string name)
        {
            Name = name;
            return _names.Add(name);
        }
    }
}
