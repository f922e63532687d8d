namespace Rescind.Simulation;

/// <summary>Somebody who logs in through an application, and stays logged in for as long as refreshes go well.</summary>
internal sealed class Person(string subject, string client, string tenant)
{
    public string Subject { get; } = subject;

    public string Client { get; } = client;

    public string Tenant { get; } = tenant;

    /// <summary>Whether a call of theirs is under way.</summary>
    public bool IsBusy { get; set; }

    /// <summary>The refresh token of their session; null if they are not logged in.</summary>
    public string? RefreshToken { get; set; }

    /// <summary>The token that they use.</summary>
    public Minted? Token { get; set; }
}
