using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Keys;

/// <summary>
/// Where the master key comes from: a configured value, a configured file, or <c>&lt;data&gt;/master.key</c>, which is
/// made at the first start. A file beside the database protects copies of the database, not the directory.
/// </summary>
/// <param name="Value">Base64 of 32 bytes; wins.</param>
/// <param name="File">A file with 32 bytes, or with their base64.</param>
/// <param name="DataDirectory">Where <c>master.key</c> is otherwise.</param>
/// <param name="Entropy">Makes a new one.</param>
internal sealed record MasterKeySource(string? Value, string? File, string DataDirectory, Entropy Entropy)
{
    private const int LongestFile = 256;

    private const UnixFileMode Writable = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode Readable =
        UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Whether no key is configured and there is none in the data directory.</summary>
    public bool IsMissing => Value is null && File is null && !System.IO.File.Exists(OwnFile);

    private string OwnFile => Path.Combine(DataDirectory, "master.key");

    /// <summary>
    /// Reads the master key. Throws <see cref="MasterKeyException"/> with a sentence for operators.
    /// </summary>
    /// <param name="mayCreate">Whether a missing <c>master.key</c> may be made: only while nothing is sealed yet.</param>
    public MasterKey Load(bool mayCreate)
    {
        if (Value is not null)
        {
            return FromText(Value, "Rescind__MasterKey");
        }

        if (IsMissing)
        {
            return mayCreate ? Create() : throw Refused($"{OwnFile} is missing, and this data is sealed under it.");
        }

        return FromFile(File ?? OwnFile);
    }

    private MasterKey FromFile(string path)
    {
        byte[] content;
        try
        {
            RefuseExposed(path);
            content = new FileInfo(path).Length <= LongestFile
                ? System.IO.File.ReadAllBytes(path)
                : throw Refused($"{path} is no master key: it is longer than {LongestFile} bytes.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refused($"{path} cannot be read: {e.Message}", e);
        }

        return content.Length == MasterKey.Bytes ? new(content, Entropy) : FromText(Encoding.ASCII.GetString(content), path);
    }

    // Our own file is 0600. One that was configured may be readable, as mounted secrets are, but nobody else may put
    // another key there.
    private void RefuseExposed(string path)
    {
        var taboo = File is null ? Readable | Writable : Writable;
        if (!OperatingSystem.IsWindows() && System.IO.File.GetUnixFileMode(path) is var mode && (mode & taboo) != 0)
        {
            throw new MasterKeyException(
                Errors.MasterKeyExposed.Sentence($"{path} has the mode {Convert.ToString((int)mode, 8).PadLeft(4, '0')}."));
        }
    }

    private MasterKey FromText(string text, string where)
    {
        Span<byte> key = stackalloc byte[MasterKey.Bytes];
        return Convert.TryFromBase64String(text.Trim(), key, out var written) && written == MasterKey.Bytes
            ? new(key, Entropy)
            : throw Refused($"{where} is no master key: it must be the base64 of exactly 32 bytes (openssl rand -base64 32).");
    }

    // Made aside and moved, so that a crash leaves no half-written key; flushed before anything is sealed under it.
    private MasterKey Create()
    {
        var key = new byte[MasterKey.Bytes];
        Entropy.Fill(key);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            OwnFolder.Create(DataDirectory);
            var aside = OwnFile + ".new";
            System.IO.File.Delete(aside);
            using (var stream = new FileStream(aside, options))
            {
                stream.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(key) + "\n"));
                stream.Flush(flushToDisk: true);
            }

            System.IO.File.Move(aside, OwnFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refused($"{OwnFile} cannot be written: {e.Message}", e);
        }

        return new(key, Entropy);
    }

    private static MasterKeyException Refused(string specifics, Exception? inner = null) =>
        new(Errors.MasterKeyUnusable.Sentence(specifics), inner);
}
