namespace Rescind;

/// <summary>The parts of a text that could each be an address, a key or a number.</summary>
internal static class TextParts
{
    private const string Between = " \t\r\n,;<>()[]{}\"'|=&";

    public delegate bool Test(ReadOnlySpan<char> word);

    /// <summary>Whether <paramref name="test"/> holds for a word of the text.</summary>
    public static bool Any(ReadOnlySpan<char> text, Test test)
    {
        foreach (var range in text.SplitAny(Between))
        {
            var word = text[range].TrimEnd('.');
            if (!word.IsEmpty && test(word))
            {
                return true;
            }
        }

        return false;
    }
}
