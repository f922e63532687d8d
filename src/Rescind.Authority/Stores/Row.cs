namespace Rescind.Authority.Stores;

/// <summary>
/// The row that a reader of a database is at; its columns are read in order. What a row means is said once, for every
/// database, by those who read one. Not safe for concurrent use.
/// </summary>
internal abstract class Row
{
    private int _column;

    public abstract bool Bool();

    public abstract byte[] Bytes();

    public abstract long Int64();

    public abstract string Text();

    public byte[]? BytesOrNull() => IsAbsent() ? null : Bytes();

    public long? Int64OrNull() => IsAbsent() ? null : Int64();

    public string? TextOrNull() => IsAbsent() ? null : Text();

    public LogPosition Position() => new(Int64());

    public LogPosition? PositionOrNull() => IsAbsent() ? null : Position();

    /// <summary>Whether there is nothing in a column.</summary>
    protected abstract bool IsNull(int column);

    /// <summary>The column that is read now.</summary>
    protected int Next() => _column++;

    /// <summary>Goes to the first column.</summary>
    protected void Restart() => _column = 0;

    // Then the column is passed.
    private bool IsAbsent()
    {
        var isAbsent = IsNull(_column);
        _column += isAbsent ? 1 : 0;
        return isAbsent;
    }
}
