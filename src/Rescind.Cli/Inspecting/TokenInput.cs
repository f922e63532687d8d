namespace Rescind.Cli.Inspecting;

/// <summary>
/// A token that was named on the command line, or with <c>-</c> read from standard input, where no shell remembers it.
/// </summary>
internal static class TokenInput
{
    // Longer than any token that is read; what is more is refused as too long, not truncated to something else.
    private const int MaxCharacters = CompactJws.MaxLength + 1024;

    public static string Read(string argument)
    {
        if (argument != "-")
        {
            return argument;
        }

        var buffer = new char[MaxCharacters + 1];
        var length = Surroundings.In.ReadBlock(buffer);
        var text = new string(buffer, 0, length).Trim();
        return text.Length is 0 or > MaxCharacters
            ? throw new VerbFailure(
                ExitCode.Usage, text.Length == 0 ? "Standard input is empty." : "Standard input is longer than any token.",
                next: "Send one token: `rescind inspect - < token.txt`.")
            : text;
    }
}
