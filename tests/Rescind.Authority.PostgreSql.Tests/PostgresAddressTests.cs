using Npgsql;
using Rescind.Authority.PostgreSql.Stores;

namespace Rescind.Authority.PostgreSql.Tests;

/// <summary>A database is named by a connection string or by a URL.</summary>
public sealed class PostgresAddressTests
{
    [Theory]
    [InlineData("postgres://rescind:a%40b%3A@db.example:5433/app",
        "Host=db.example:5433;Username=rescind;Password=a@b:;Database=app")]
    [InlineData("postgresql://db.example", "Host=db.example")]
    [InlineData("POSTGRES://r@a,b:2/app?target_session_attrs=primary",
        "Host=a,b:2;Username=r;Database=app;Target Session Attributes=primary")]
    [InlineData("postgres://r@[::1]:5433/app", "Host=[::1]:5433;Username=r;Database=app")]
    [InlineData("postgres://r@%2Fvar%2Frun/app", "Host=/var/run;Username=r;Database=app")]
    [InlineData("postgres://a/b?user=r&password=p&sslmode=verify-full&sslrootcert=%2Fca.pem&Maximum%20Pool%20Size=7",
        "Host=a;Database=b;Username=r;Password=p;SSL Mode=VerifyFull;Root Certificate=/ca.pem;Maximum Pool Size=7")]
    [InlineData("postgres://a/b?sslmode=verify-ca&connect_timeout=3", "Host=a;Database=b;SSL Mode=VerifyCA;Timeout=3")]
    [InlineData("Host=a;Database=b", "Host=a;Database=b")]
    public void A_URL_says_what_a_connection_string_says(string text, string expected) =>
        PostgresAddress.Read(text).ConnectionString.ShouldBe(new NpgsqlConnectionStringBuilder(expected).ConnectionString);
}
