namespace Rescind;

/// <summary>
/// The names of tags that entries of a set use, as marks in 1 024 bits: tokens have a dozen claims of which hardly any is ever
/// revoked by, and a mark that is not there spares the hash of name and value. A mark that is there proves nothing. Immutable.
/// </summary>
internal sealed class TagNames
{
    private const int Marks = 1_024;

    private readonly ulong[] _marks = new ulong[Marks / 64];

    public static TagNames None { get; } = new();

    public static TagNames Of(IEnumerable<string> names)
    {
        var marked = new TagNames();
        foreach (var mark in names.Select(MarkOf))
        {
            marked._marks[mark / 64] |= 1UL << (mark % 64);
        }

        return marked;
    }

    /// <summary>The mark of a name: FNV-1a over its characters.</summary>
    public static int MarkOf(string name)
    {
        var hash = 2_166_136_261;
        foreach (var c in name)
        {
            hash = (hash ^ c) * 16_777_619;
        }

        return (int)((hash ^ (hash >> 16)) % Marks);
    }

    public bool MayContain(int mark) => (_marks[mark / 64] & (1UL << (mark % 64))) != 0;
}
