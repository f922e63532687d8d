using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.StoreContract;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>The contract, held by PostgreSQL: a schema for each test.</summary>
public sealed class PostgresSessionTests(PostgresCluster cluster) : SessionStoreContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresCoveredEndTests(PostgresCluster cluster) : CoveredEndContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresClaimTests(PostgresCluster cluster) : ClaimContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresChangeTests(PostgresCluster cluster) : ChangeContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresRotationTests(PostgresCluster cluster) : RotationContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresRevocationTests(PostgresCluster cluster) : RevocationStoreContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresLogTests(PostgresCluster cluster) : LogContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresClockTests(PostgresCluster cluster) : ClockContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresMintedAheadTests(PostgresCluster cluster) : MintedAheadContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);

    internal override Task<OpenedStore> OpenAfterKillAsync(OpenedStore store) =>
        PostgresUnderTest.OpenAfterKillAsync(cluster, _schema, Time, store);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresNodeTests(PostgresCluster cluster) : NodeContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresRegistryTests(PostgresCluster cluster) : RegistryStoreContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresLogoutTests(PostgresCluster cluster) : LogoutStoreContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresRaceTests(PostgresCluster cluster) : RaceContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresHandleTests(PostgresCluster cluster) : HandleContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresSparingTests(PostgresCluster cluster) : SparingContract
{
    private readonly string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresSpreadTests(PostgresCluster cluster) : SpreadContract
{
    private string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);

    internal override Task<OpenedStore> OpenEmptyAsync()
    {
        _schema = cluster.NewSchema();
        return OpenAsync();
    }
}

/// <inheritdoc cref="PostgresSessionTests"/>
public sealed class PostgresModelTests(PostgresCluster cluster) : ModelContract
{
    private string _schema = cluster.NewSchema();

    internal override Task<OpenedStore> OpenAsync() => PostgresUnderTest.OpenAsync(cluster, _schema, Time);

    internal override Task<OpenedStore> OpenEmptyAsync()
    {
        _schema = cluster.NewSchema();
        return OpenAsync();
    }

    internal override Task<OpenedStore> OpenAfterKillAsync(OpenedStore store) =>
        PostgresUnderTest.OpenAfterKillAsync(cluster, _schema, Time, store);
}
