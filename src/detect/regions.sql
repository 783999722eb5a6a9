-- Which providers and classes are of which region, where somebody said so.
select p.provider, k.class, p.region from providers p left join classes k on k.provider = p.provider where p.region is not null
