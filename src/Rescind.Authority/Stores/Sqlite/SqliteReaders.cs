using System.Threading.Channels;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// A few read-only connections. A read is one short transaction, so that the write-ahead log can be folded back; it sees what is
/// committed and synced, never more.
/// </summary>
internal sealed class SqliteReaders : IDisposable
{
    private const int Connections = 4;

    private readonly Channel<SqliteLink> _idle = Channel.CreateBounded<SqliteLink>(Connections);
    private readonly SqliteFiles _files;

    public SqliteReaders(SqliteFiles files)
    {
        _files = files;
        for (var i = 0; i < Connections; i++)
        {
            _idle.Writer.TryWrite(files.OpenReader());
        }
    }

    public async Task<T> ReadAsync<T>(Func<SqliteLink, T> read, CancellationToken cancellationToken)
    {
        SqliteLink link;
        try
        {
            link = await _idle.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new StoreUnavailableException("The store is closed.", e);
        }

        try
        {
            link.Run("begin");
            return read(link);
        }
        catch (Exception e) when (e is not StoreUnavailableException && SqliteFailure.Of(e, _files.Database) is StoreUnavailableException unavailable)
        {
            throw unavailable;
        }
        finally
        {
            End(link);
        }
    }

    /// <summary>Closes the connections; those in use close as they come back.</summary>
    public void Dispose()
    {
        _idle.Writer.TryComplete();
        while (_idle.Reader.TryRead(out var link))
        {
            link.Dispose();
        }
    }

    private void End(SqliteLink link)
    {
        if (link.InTransaction)
        {
            link.Run("rollback");
        }

        if (!_idle.Writer.TryWrite(link))
        {
            link.Dispose();
        }
    }
}
